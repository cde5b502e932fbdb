"""Disks in use in ways that no mount table and no exclusive open shows: each refused for its true reason."""

import contextlib

from bench import check, check_status, scenario
from writing import check_refused, write


@contextlib.contextmanager
def used(machine, setup, teardown):
    """Runs shell commands before and after, with the kernel's modules loaded on demand."""
    try:
        machine.must("set -ex; MKFS='mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0'; " + setup + "; sync",
                     timeout=120)
        yield
    finally:
        machine.must("set -x; " + teardown + "; udevadm settle", timeout=120)


def partitioned(machine):
    """A stick with one partition over all of it; returns it with the partition's node."""
    stick = machine.stick(fill=None)
    machine.must(f"echo 'type=83' | sfdisk -q {stick.node} && udevadm settle && await 10 test -b {stick.node}1")
    return stick, stick.node + "1"


@contextlib.contextmanager
def process(machine, commands):
    """A process that keeps what the commands open; gives its number."""
    job = machine.start(f"{commands}; echo $BASHPID >/run/holder; exec tail -f /dev/null")
    machine.must("await 20 test -s /run/holder")
    try:
        yield machine.must("cat /run/holder")
    finally:
        machine.must("kill $(cat /run/holder); rm /run/holder")
        job.wait()


@scenario("R14")
def refuse_inactive_array(bench):
    """The partition is bound to an array that has not been started."""
    machine = bench.machine
    stick, part = partitioned(machine)
    array = "/sys/block/md_lab/md"
    with used(machine, f"modprobe md_mod; modprobe raid1; echo md_lab >/sys/module/md_mod/parameters/new_array; "
                       f"echo none >{array}/metadata_version; cat /sys/class/block/{part[5:]}/dev >{array}/new_dev",
              f"echo clear >{array}/array_state"):
        check(machine.must(f"cat {array}/array_state") == "inactive", "the array has been started")
        check_refused(machine, stick.node, bench.image(), [part[5:], "array md_lab", "inactive"])


@scenario("R14")
def refuse_mapped_disks(bench):
    """A device-mapper volume on the partition, and the whole stick as a path of a multipath device."""
    machine = bench.machine
    stick, part = partitioned(machine)
    for name, uuid, node, word in (("lab-data", "", part, "device-mapper volume dm-"),
                                   ("mpatha", "--uuid mpath-360000", stick.node, "multipath device dm-")):
        with used(machine, f"dmsetup create {name} {uuid} --table '0 2048 linear {node} 0'; udevadm settle",
                  f"dmsetup remove --retry {name}"):
            check_refused(machine, stick.node, bench.image(), [node[5:], word])


@scenario("R14")
def refuse_zram_backing(bench):
    """Compressed memory is written back to the partition."""
    machine = bench.machine
    stick, part = partitioned(machine)
    with used(machine, f"modprobe zram; echo {part} >/sys/block/zram0/backing_dev",
              "echo 1 >/sys/block/zram0/reset; rmmod zram"):
        check_refused(machine, stick.node, bench.image(), [part[5:], "zram0"])


@scenario("R14")
def refuse_bcache(bench):
    """The partition is the backing device of a cached one."""
    machine = bench.machine
    stick, part = partitioned(machine)
    with used(machine, f"modprobe bcache; make-bcache -B {part} >/dev/null; "
                       f"[ -e /sys/class/block/{part[5:]}/bcache ] || echo {part} >/sys/fs/bcache/register; "
                       "await 10 test -b /dev/bcache0",
              "echo 1 >/sys/block/bcache0/bcache/stop; await 10 test ! -e /sys/block/bcache0"):
        check_refused(machine, stick.node, bench.image(), [part[5:], "bcache0"])


@scenario("R14")
def refuse_swap_file(bench):
    """A file on the stick is swapped to."""
    machine = bench.machine
    stick, part = partitioned(machine)
    with used(machine, f"$MKFS {part}; mkdir -p /mnt/swap; mount {part} /mnt/swap; "
                       "dd if=/dev/zero of=/mnt/swap/file bs=1M count=8 status=none; chmod 600 /mnt/swap/file; "
                       "mkswap -q /mnt/swap/file; swapon /mnt/swap/file", "swapoff /mnt/swap/file; umount /mnt/swap"):
        check_refused(machine, stick.node, bench.image(), ["swap file /mnt/swap/file", "/mnt/swap"])


@scenario("R13", "R14")
def refuse_overlay_base(bench):
    """The stick holds the lower layer of an overlay; then its own mount is taken away."""
    machine, image = bench.machine, bench.image()
    stick, part = partitioned(machine)
    with used(machine, f"modprobe overlay; $MKFS {part}; mkdir -p /mnt/low /mnt/merged /tmp/up /tmp/work; "
                       f"mount {part} /mnt/low; mkdir /mnt/low/base; sync; umount /mnt/low; "
                       f"mount -o ro,noload {part} /mnt/low; mount -t overlay -o "
                       "lowerdir=/mnt/low/base,upperdir=/tmp/up,workdir=/tmp/work overlay /mnt/merged",
              "umount /mnt/merged; umount /mnt/low 2>/dev/null; rm -rf /tmp/up /tmp/work"):
        check_refused(machine, stick.node, image, [part[5:], "/mnt/low", "overlay mounted at /mnt/merged"])
        machine.must("umount -l /mnt/low")
        check_refused(machine, stick.node, image, [part[5:], "ext4 file system in use", "overlay at /mnt/merged"])


@scenario("R11")
def refuse_bind_mount(bench):
    """Of the stick's file system only a directory is mounted, elsewhere."""
    machine = bench.machine
    stick, part = partitioned(machine)
    with used(machine, f"$MKFS {part}; mkdir -p /mnt/base '/mnt/a part'; mount {part} /mnt/base; mkdir /mnt/base/dir; "
                       "mount --bind /mnt/base/dir '/mnt/a part'; umount /mnt/base", "umount '/mnt/a part'"):
        check_refused(machine, stick.node, bench.image(), [part[5:], "/mnt/a part"])


@scenario("R14")
def refuse_exported(bench):
    """The kernel itself serves the stick to other machines, without a process and without a claim."""
    machine = bench.machine
    stick = machine.stick(fill=None)
    target = "/sys/kernel/config/target/core/fileio_0/lab"
    with used(machine, "modprobe target_core_mod; modprobe target_core_file; mountpoint -q /sys/kernel/config || "
                       f"mount -t configfs configfs /sys/kernel/config; mkdir -p {target}; "
                       f"echo fd_dev_name={stick.node},fd_dev_size=1048576 >{target}/control; echo 1 >{target}/enable",
              f"rmdir {target} {target.rsplit('/', 1)[0]}"):
        check_refused(machine, stick.node, bench.image(), ["served to other machines", "LIO target fileio_0/lab"])


@scenario("R17")
def refuse_writer(bench):
    """A process can write to the whole stick, without a claim and without a lock; one that only reads does not matter."""
    machine, image = bench.machine, bench.image()
    stick = machine.stick(fill=None)
    before = stick.written_sectors()
    with process(machine, f"exec 9<>{stick.node}") as holder:
        result = write(machine, image, stick.id())
        check_status(result, 2, "write while a process has the stick open for writing")
        for word in (f"process {holder} (tail)", "open for writing", stick.node[5:]):
            check(word in result.text, f"the refusal does not say '{word}': {result.text}")
        check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
    with process(machine, f"exec 9<{stick.node}"):
        check_status(write(machine, image, stick.id()), 0, "write while a process only reads")


@scenario("R13", "R16", "R18")
def name_the_culprit(bench):
    """Who has the partition open, a file on a detached mount, or a lock on the stick, is named by number and command."""
    machine, image = bench.machine, bench.image()
    stick, part = partitioned(machine)
    lazily = (f"mkdir -p /mnt/lazy; mount {part} /mnt/lazy; exec 9>/mnt/lazy/open; umount -l /mnt/lazy")
    machine.must(f"mkfs.vfat {part}; sync")
    for commands, words in ((f"exec 9<>{part}", [f"has {part[5:]} open"]), (lazily, ["uses /open on"]),
                            (f"exec 9<{stick.node}; flock -s 9", ["keeps a lock on"])):
        with process(machine, commands) as holder:
            before = stick.written_sectors()
            result = write(machine, image, stick.id(), timeout=240)
            check_status(result, 2, f"write while '{commands}'")
            for word in [f"process {holder} (tail)", *words]:
                check(word in result.text, f"the refusal does not say '{word}': {result.text}")
            check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
    with process(machine, f"exec 9<{stick.node}; flock -s 9"):
        # Without the right to look into other processes their descriptors have names, and nothing behind them.
        result = machine.run(f"setpriv --bounding-set=-sys_ptrace burin write {image.guest} {stick.id()} --yes", timeout=240)
        check_status(result, 2, "write while somebody who cannot be seen keeps a lock")
        check("processes could not be looked into" in result.text,
              f"the refusal does not say that nobody could be seen: {result.text}")
