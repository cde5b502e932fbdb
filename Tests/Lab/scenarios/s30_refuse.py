"""Disks in use: refused with exit 2 and the chain down to who uses them, and not one sector written."""

import contextlib

from bench import check, check_status, scenario
from writing import check_refused, write


@contextlib.contextmanager
def prepared(machine, setup, teardown):
    """Runs shell commands before and after; nothing of the setup outlives the scenario."""
    try:
        machine.must("set -ex; MKFS='mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0'; " + setup + "; sync", timeout=120)
        yield
    finally:
        machine.must("set -x; " + teardown + "; udevadm settle", timeout=120)


def partitioned(machine, **options):
    """A stick with one partition over all of it; returns it with the partition's node."""
    stick = machine.stick(fill=None, **options)
    machine.must(f"echo 'type=83' | sfdisk -q {stick.node} && udevadm settle && await 10 test -b {stick.node}1")
    return stick, stick.node + "1"


@scenario("R14", "R20")
def refuse_nvme_luks_lvm(bench):
    """NVMe: a partition with LUKS, on it LVM, on it the file system that is mounted."""
    machine = bench.machine
    with prepared(machine, """
        echo type=83 | sfdisk -q /dev/nvme0n1; udevadm settle; await 10 test -b /dev/nvme0n1p1
        echo -n secret >/tmp/key
        cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/nvme0n1p1 /tmp/key
        cryptsetup open --key-file /tmp/key /dev/nvme0n1p1 vault
        pvcreate -qq /dev/mapper/vault; vgcreate -qq labvg /dev/mapper/vault; lvcreate -qq -n root -l 100%FREE labvg
        udevadm settle; $MKFS /dev/labvg/root; mkdir -p /mnt/system; mount /dev/labvg/root /mnt/system""", """
        umount /mnt/system; vgchange -qq -an labvg; cryptsetup close vault; wipefs -qaf /dev/nvme0n1p1 /dev/nvme0n1"""):
        machine.must("findmnt /mnt/system")
        check_refused(machine, "/dev/nvme0n1", bench.image(), ["nvme0n1p1", "LUKS", "labvg", "/mnt/system"])


@scenario("R14")
def refuse_sata_lvm(bench):
    """SATA: the whole disk is an LVM physical volume whose logical volume is mounted."""
    machine = bench.machine
    disk = machine.must("disk_at 'ata[0-9]*'")
    with prepared(machine, f"""
        pvcreate -qq -y {disk}; vgcreate -qq datavg {disk}; lvcreate -qq -n data -l 100%FREE datavg; udevadm settle
        $MKFS /dev/datavg/data; mkdir -p /mnt/data; mount /dev/datavg/data /mnt/data""", f"""
        umount /mnt/data; vgchange -qq -an datavg; wipefs -qaf {disk}"""):
        check_refused(machine, disk, bench.image(), ["datavg", "/mnt/data"])


@scenario("R11", "R4", "R3")
def refuse_mounted_partition(bench):
    """A stick whose partition is mounted; its partition, other nodes and paths that are no disk are no targets."""
    machine, image = bench.machine, bench.image()
    stick, part = partitioned(machine)
    with prepared(machine, f"mkfs.vfat {part}; mkdir -p '/mnt/my stick'; mount {part} '/mnt/my stick'",
                  "umount '/mnt/my stick'; rm -f /tmp/file /tmp/dangling"):
        check_refused(machine, stick.node, image, [part[5:], "/mnt/my stick"])
        machine.must("echo hello >/tmp/file; ln -s /dev/nonesuch /tmp/dangling; losetup /dev/loop5 /tmp/file")
        try:
            for path, allowed, word in ((part, (2,), stick.node), ("/dev/loop5", (2,), "loop"), ("/dev/null", (2,), ""),
                                        ("/tmp", (2,), ""), ("/tmp/file", (2,), "file:"), ("/dev/nonesuch", (7,), ""),
                                        ("/tmp/dangling", (7,), "")):
                result = write(machine, image, path, "--confirm", "usb-00000000")
                check_status(result, allowed, f"write to {path}")
                check(word in result.text, f"write to {path} does not say '{word}': {result.text}")
        finally:
            machine.must("losetup -d /dev/loop5")
        check(machine.must("ls /dev/nonesuch 2>&1; cat /tmp/file").endswith("hello"), "a file was written or made in /dev")


@scenario("R14")
def refuse_swap(bench):
    """A stick whose partition is active swap."""
    stick, part = partitioned(bench.machine)
    with prepared(bench.machine, f"mkswap -q {part}; swapon {part}", f"swapoff {part}"):
        check_refused(bench.machine, stick.node, bench.image(), [part[5:], "swap"])


@scenario("R14")
def refuse_second_btrfs_member(bench):
    """The member of a mounted btrfs that no mount table names."""
    machine = bench.machine
    first, second = machine.stick(128, fill=None), machine.stick(128, fill=None)
    with prepared(machine, f"modprobe btrfs; mkfs.btrfs -q -d raid1 -m raid1 {first.node} {second.node}; udevadm settle; "
                           f"mkdir -p /mnt/btrfs; mount {first.node} /mnt/btrfs", "umount /mnt/btrfs"):
        for stick in (first, second):
            check_refused(machine, stick.node, bench.image(), ["btrfs", "/mnt/btrfs"])


@scenario("R15")
def refuse_loop_attached(bench):
    """A loop device is attached to the stick, or to its partition: O_EXCL alone would not notice."""
    machine = bench.machine
    stick, part = partitioned(machine)
    for node in (stick.node, part):
        with prepared(machine, f"losetup /dev/loop6 {node}", "losetup -d /dev/loop6"):
            check_refused(machine, stick.node, bench.image(), ["loop6"])


@scenario("R18")
def refuse_partition_held_open(bench):
    """Some process has the partition open; its dirty pages would overwrite the image later."""
    machine = bench.machine
    stick, part = partitioned(machine)
    holder = machine.start(f"exec 9<>{part}; echo $BASHPID >/run/holder; exec sleep 1000")
    machine.must("await 10 test -s /run/holder")
    try:
        before = stick.written_sectors()
        result = write(machine, bench.image(), stick.id())
        check_status(result, 2, "write while a partition is open")
        check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
        machine.must(f"test -b {part}")  # R19: a refusal leaves the partitions as they were
    finally:
        machine.must("kill $(cat /run/holder); rm /run/holder")
        holder.wait()


@scenario("R10")
def refuse_read_only_stick(bench):
    """A write-protected stick: refused before anything is asked."""
    with bench.machine.stick(read_only=True) as stick:
        check_refused(bench.machine, stick.node, bench.image(), [], status=(2, 4))


@scenario("R20")
def refuse_image_on_the_target(bench):
    """The image lies on the stick that it is to be written to; and the stick itself is given as the image."""
    machine, image = bench.machine, bench.image()
    stick, part = partitioned(machine)
    with prepared(machine, f"$MKFS {part}; mkdir -p /mnt/self; mount {part} /mnt/self; "
                           f"cp {image.guest} /mnt/self/image.iso; sync", "umount /mnt/self"):
        name, before = stick.id(), stick.written_sectors()
        result = machine.burin("write", "/mnt/self/image.iso", name, "--yes")
        check_status(result, 2, "writing an image over itself")
        check("/mnt/self" in result.text, f"the refusal does not say where the image lies: {result.text}")
        check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
    before = stick.written_sectors()
    result = machine.burin("write", stick.node, stick.id(), "--yes")
    check_status(result, (2, 3), "writing a stick onto itself")
    check(stick.written_sectors() == before, "sectors were written in spite of the refusal")


@scenario("R11", "R12", "R13")
def refuse_other_mounts(bench):
    """A file system without partition table; mounted in another mount namespace only; lazily unmounted but open."""
    machine, image = bench.machine, bench.image()
    stick = machine.stick(fill=None)
    with prepared(machine, f"$MKFS {stick.node}; mkdir -p /mnt/whole; mount {stick.node} /mnt/whole",
                  "umount /mnt/whole"):
        check_refused(machine, stick.node, image, ["/mnt/whole"])
    elsewhere = machine.start(f"exec unshare -m sh -c 'mount {stick.node} /mnt/whole; echo $$ >/run/holder; "
                              "exec sleep 1000'")
    machine.must("await 10 test -s /run/holder")
    try:
        check(machine.run("findmnt /mnt/whole").status != 0, "the lab's namespace leaks")
        holder = machine.must("cat /run/holder")
        check_refused(machine, stick.node, image, ["/mnt/whole", holder])
    finally:
        machine.must("kill $(cat /run/holder); rm /run/holder")
        elsewhere.wait()
    lazy = machine.start(f"mount {stick.node} /mnt/whole; exec 9>/mnt/whole/open; umount -l /mnt/whole; "
                         "echo $BASHPID >/run/holder; exec sleep 1000")
    machine.must("await 10 test -s /run/holder")
    try:
        name, before = stick.id(), stick.written_sectors()
        check_status(write(machine, image, name), 2, "write to a lazily unmounted stick")
        check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
    finally:
        machine.must("kill $(cat /run/holder); rm /run/holder")
        lazy.wait()
