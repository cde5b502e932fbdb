"""A stick that is made an ordinary empty one again, before the kernel that will use it."""

from bench import MIB, check, check_status, scenario


def recognised(machine, node):
    """What wipefs finds on a disk or partition, each kind once."""
    found = machine.must(f"wipefs --noheadings --output TYPE {node}")
    return sorted(set(found.split()))


def use(machine, node, kind):
    """The kernel mounts the new partition, and a file survives a remount."""
    machine.must(f"udevadm settle; await 10 test -b {node}1; mkdir -p /mnt/new; mount -t {kind} {node}1 /mnt/new")
    machine.must("head -c 3000000 /dev/urandom >/run/file && mkdir /mnt/new/folder && cp /run/file /mnt/new/folder/file")
    machine.must(f"umount /mnt/new; mount -t {kind} {node}1 /mnt/new && cmp /run/file /mnt/new/folder/file")
    machine.must("umount /mnt/new; rm /run/file")


@scenario("R36", "R33")
def restore_and_use(bench):
    """FAT32 and exFAT: old tables are gone, udev knows the new file system, files can be written, undo brings it back."""
    machine = bench.machine
    for kind, name in (("vfat", "fat32"), ("exfat", "exfat")):
        with machine.stick(64, serial=f"RESTORE{name.upper()}") as stick:
            stick.dress()
            machine.must(f"printf 'label: gpt\\n,,L\\n' | sfdisk -q {stick.node}; udevadm settle; mkfs.ext4 -q -F {stick.node}1")
            stick.replug()
            check("gpt" in recognised(machine, stick.node), "there was no table to be found before")
            before, target = stick.medium.sha256(), stick.id()
            result = machine.burin("restore", target, "--yes", "--fs", name, "--label", "TRIP")
            check_status(result, 0, f"restore to {name}")
            check("nothing but that is recognised" in result.out, f"not searched:\n{result.text}")
            check("capset" not in result.text and "seccomp" not in result.text, f"a barrier is missing:\n{result.text}")
            tail = stick.medium.bytes_at(stick.medium.size - 2 * MIB, 2 * MIB)
            check(not any(tail), "the end of the stick is not zero")
            known = machine.must(f"udevadm settle; await 10 test -b {stick.node}1; blkid -p -o export {stick.node}1")
            check(f"TYPE={kind}" in known and "LABEL=TRIP" in known, f"blkid says {known}")
            for node, kinds in ((stick.node, ["dos"]), (stick.node + "1", [kind])):
                found = recognised(machine, node)
                check(found == kinds, f"wipefs finds {found} on {node}")
            check_status(machine.burin("undo", target, "--yes"), 0, "undo of a restore")
            check(stick.medium.sha256() == before, "undo did not bring the stick back")
            check_status(machine.burin("restore", stick.id(), "--yes", "--fs", name), 0, f"another restore to {name}")
            use(machine, stick.node, kind)


@scenario("R45")
def restore_and_eject(bench):
    """--eject: the stick gives its medium out after it was written, and the status is that of the write."""
    machine = bench.machine
    with machine.stick(64, serial="RESTOREEJECT") as stick:
        result = machine.burin("restore", stick.id(), "--yes", "--eject")
        check_status(result, 0, "restore with --eject")
        check("it can be taken out" in result.out, f"not ejected:\n{result.text}")
        check(stick.id() is not None, "a stick that was ejected is listed")


@scenario("R45")
def power_off(bench):
    """--power-off: the USB device is gone from the guest after the write, and plugged in again it holds the image."""
    machine = bench.machine
    image = bench.keep("power-off.raw", bytes(range(256)) * 12_345)
    with machine.stick(64, serial="POWEROFF") as stick:
        result = machine.burin("write", image.guest, stick.id(), "--yes", "--power-off")
        check_status(result, 0, "write with --power-off")
        check("its USB device is off" in result.out, f"not off:\n{result.text}")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        stick.replug()
        check_status(machine.burin("verify", image.guest, stick.node), 0, "verify after --power-off")


@scenario("R44", "R46")
def fix_gpt(bench):
    """--fix-gpt: the kernel and sfdisk find the backup at the end of the stick, and verify accepts what differs."""
    machine = bench.machine
    with machine.stick(64, serial="FIXGPT") as stick:
        machine.must("truncate -s 16M /run/gpt; printf 'label: gpt\\nstart=2048,size=8192,type=L\\n' | sfdisk -q /run/gpt")
        result = machine.burin("write", "/run/gpt", stick.id(), "--yes", "--fix-gpt")
        check_status(result, 0, "write with --fix-gpt")
        check("its backup lies at the end" in result.out, f"not moved:\n{result.text}")
        told = machine.run(f"udevadm settle; sfdisk --verify {stick.node}").text
        check("No errors detected" in told and "backup" not in told, f"sfdisk says {told}")
        check(stick.medium.bytes_at(stick.medium.size - 512, 8) == b"EFI PART", "no header in the last block")
        machine.must(f"await 10 test -b {stick.node}1")
        result = machine.burin("verify", "/run/gpt", stick.node)
        check_status(result, 0, "verify after --fix-gpt")
        check("backup was moved" in result.out, f"verify says {result.text}")
        machine.must("rm /run/gpt")
