"""Disks that are idle and that the system names all the same: refused until the person says so, or for good."""

import contextlib

from bench import check, check_status, scenario
from writing import check_engraved, check_refused, objections, write

UUID = "0b5e55ed-1234-4abc-8def-00c0ffee0001"
LOADER = "/sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"


def labelled(machine):
    """A stick with one partition of a known UUID; udevd has seen it."""
    stick = machine.stick(fill=None)
    machine.must(f"echo 'type=linux' | sfdisk -q --label gpt {stick.node} && udevadm settle && await 10 test -b {stick.node}1 && "
                 f"mkfs.ext4 -q -U {UUID} {stick.node}1 && sync && udevadm trigger --settle {stick.node}1")
    return stick, stick.node + "1"


@contextlib.contextmanager
def replaced(machine, path, text):
    """Another content for a file of the kernel's, as long as the block runs."""
    machine.must(f"printf '%s\\n' '{text}' >/run/replacement && mount --bind /run/replacement {path}")
    try:
        yield
    finally:
        machine.must(f"umount {path} && rm /run/replacement")


@contextlib.contextmanager
def system_on_nvme(machine):
    """A root file system with that UUID on the NVMe disk, to be used through chroot."""
    machine.must(f"""set -ex
        echo type=83 | sfdisk -q /dev/nvme0n1; udevadm settle; await 10 test -b /dev/nvme0n1p1
        mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -U {UUID} /dev/nvme0n1p1
        udevadm trigger --settle /dev/nvme0n1p1; mkdir -p /mnt/system; mount /dev/nvme0n1p1 /mnt/system; cd /mnt/system
        mkdir proc sys dev run usr etc images; ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64
        for name in proc sys dev run usr images; do mount --rbind /$name $name; done""", timeout=120)
    try:
        yield "/mnt/system"
    finally:
        machine.must("cd /; umount -R /mnt/system; wipefs -qaf /dev/nvme0n1p1 /dev/nvme0n1")


def check_needs(stick, image, option, name, words):
    """A write is refused without one option, says the words, and succeeds with it."""
    machine, entry = stick.machine, stick.entry()
    check(list(objections(entry)) == [name], f"not just {name}: {entry['objections']}")
    check(entry["class"] == "B" and entry["selectable"], f"not of class B: {entry}")
    before = stick.written_sectors()
    result = write(machine, image, entry["id"])
    check_status(result, 2, f"writing without {option}")
    for word in (option, *words):
        check(word in result.text, f"the refusal does not say '{word}':\n{result.text}")
    check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
    check_status(write(machine, image, entry["id"], option), 0, f"writing with {option}")
    check_engraved(stick.medium, image)


@scenario("R24")
def claims_fstab(bench):
    """A line of /etc/fstab names an idle stick by UUID: refused with the line, written with the option."""
    machine = bench.machine
    stick, part = labelled(machine)
    line = f"UUID={UUID} /backup ext4 noauto,nofail 0 2"
    machine.must(f"echo '{line}' >/etc/fstab")
    try:
        check_needs(stick, bench.image(), "--allow-configured", "configured", [part[5:], "/etc/fstab", line])
        check(objections(stick.entry()) == {}, "the image that replaced the file system is still taken for it")
    finally:
        machine.must("true >/etc/fstab")


@scenario("R24", "R6")
def claims_other_files(bench):
    """crypttab, arrays, LVM, pools and units name the stick in their own ways; a file that cannot be read is a doubt."""
    machine = bench.machine
    stick, part = labelled(machine)
    files = {"/etc/crypttab": f"vault PARTUUID=$(blkid -o value -s PARTUUID {part}) none luks",
             "/etc/mdadm/mdadm.conf": f"ARRAY /dev/md7 devices={part},/dev/sdz1",
             "/etc/lvm/devices/system.devices": f"IDTYPE=devname IDNAME={part} DEVNAME={part} PVID=.",
             "/etc/zfs/zpool.cache": part,
             "/etc/systemd/system/backup.mount": f"What=/dev/disk/by-uuid/{UUID}",
             "/run/systemd/generator/backup.swap": f"What=/dev/disk/by-uuid/{UUID}"}
    for path, line in files.items():
        machine.must(f"mkdir -p $(dirname {path}); echo \"{line}\" >{path}")
        try:
            found = objections(stick.entry())
            check(list(found) == ["configured"] and path in found["configured"], f"{path} is not seen: {found}")
        finally:
            machine.must(f"rm {path}")
    machine.must("mv /etc/fstab /etc/fstab.away; mkdir /etc/fstab")
    try:
        check_needs(stick, bench.image(), "--allow-configured", "configured", ["/etc/fstab cannot be read"])
    finally:
        machine.must("rmdir /etc/fstab; mv /etc/fstab.away /etc/fstab")


@scenario("R22")
def claims_hibernation(bench):
    """The kernel hibernates to a partition of the stick: never, whatever the options."""
    machine = bench.machine
    stick, part = labelled(machine)
    machine.must(f"cat /sys/class/block/{part[5:]}/dev >/sys/power/resume || true; "
                 f"cmp /sys/power/resume /sys/class/block/{part[5:]}/dev")
    try:
        check_refused(machine, stick.node, bench.image(), [part[5:], "hibernates", "/sys/power/resume"])
    finally:
        # The kernel takes no zero; this number is nobody's.
        machine.must("echo 200:7 >/sys/power/resume || true")


@scenario("R21")
def claims_loader(bench):
    """The boot loader says that it came from the stick: never, whatever the options."""
    machine = bench.machine
    stick, part = labelled(machine)
    machine.must("mount -t tmpfs tmpfs /sys/firmware && mkdir -p /sys/firmware/efi/efivars")
    try:
        guid = machine.must(f"blkid -o value -s PARTUUID {part}").upper()
        # Attributes, then UTF-16LE with a zero at the end.
        wide = "".join(f"{character}\\000" for character in guid)
        machine.must(f"printf '\\006\\000\\000\\000{wide}\\000\\000' >{LOADER}")
        check_refused(machine, stick.node, bench.image(), [part[5:], "was started from", "LoaderDevicePartUUID"])
    finally:
        machine.must("umount /sys/firmware")


@scenario("R22", "R23")
def claims_root(bench):
    """The kernel was told that its root file system is on the stick, and it is in memory, or on another disk."""
    machine, image = bench.machine, bench.image()
    with replaced(machine, "/proc/cmdline", f"quiet root=UUID={UUID} ro"):
        stick, part = labelled(machine)
        check_needs(stick, image, "--allow-booted", "booted-from", [part[5:], f"root=UUID={UUID}"])
        stick.discard()
        stick, part = labelled(machine)
        with system_on_nvme(machine) as folder:
            before, command = stick.written_sectors(), f"chroot {folder} burin write {image.guest} {stick.id()} --yes"
            result = machine.run(command, timeout=180)
            check_status(result, 2, "writing to a copy of the running system")
            for word in (part[5:], "nvme0n1p1", "--allow-clone"):
                check(word in result.text, f"the refusal does not say '{word}':\n{result.text}")
            check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
            check_status(machine.run(f"{command} --allow-clone", timeout=180), 0, "writing with --allow-clone")
            check_engraved(stick.medium, image)
