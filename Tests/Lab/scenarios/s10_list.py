"""What `burin list` shows of each kind of disk."""

from bench import check, check_status, scenario
from writing import objections


def listing(machine, *options):
    """`list --json` as {path: entry}."""
    result = machine.burin("list", *options, "--json")
    check_status(result, 0, "burin list")
    check(result.json is not None and result.json.get("schema") == 1, f"list --json is no object: {result.out[:300]}")
    return {entry["path"]: entry for entry in result.json["devices"]}


def expect(entry, **fields):
    """An entry has these values."""
    for field, value in fields.items():
        check(entry.get(field) == value, f"{entry['path']}: {field} is {entry.get(field)!r} instead of {value!r}: {entry}")


def disk(machine, place):
    """Node of a fixed disk by its place in sysfs."""
    return machine.must(f"disk_at '{place}'")


@scenario("R5", "R6", "R10")
def list_shows_each_kind(bench):
    """Sticks, a card, a reader without card, a read-only stick and internal disks are told apart."""
    machine = bench.machine
    plain, uas, blocks = machine.stick(), machine.stick(kind="uas"), machine.stick(block=4096)
    fixed, locked = machine.stick(removable=False), machine.stick(read_only=True)
    every, offered = listing(machine, "--all"), listing(machine)
    for stick in (plain, uas, blocks, fixed, locked):
        check(stick.node in every, f"list --all does not show {stick.node}")
        expect(every[stick.node], transport="usb", bytes=stick.medium.size, serial=stick.serial, mediumPresent=True)
    for stick in (plain, uas, blocks):
        expect(every[stick.node], **{"class": "A"}, selectable=True, readOnly=False)
        check(stick.node in offered, f"list does not offer {stick.node}")
    expect(every[plain.node], logicalBlockSize=512, speed=5000, removable=True)
    expect(every[blocks.node], logicalBlockSize=4096)
    expect(every[fixed.node], removable=False)
    check("fixed-medium" not in objections(every[plain.node]), "a medium that can be taken out is called fixed")
    expect(every[locked.node], readOnly=True, selectable=False)
    check("read-only" in objections(every[locked.node]), f"no read-only objection: {every[locked.node]}")
    reader = every.get(disk(machine, "[0-9]*-15"))
    check(reader is not None, "list --all does not show the reader without card")
    expect(reader, mediumPresent=False, selectable=False)
    check("no-medium" in objections(reader), f"no no-medium objection: {reader}")
    card = every.get("/dev/mmcblk0")
    check(card is not None, "list --all does not show the SD card")
    expect(card, transport="sd", selectable=True, **{"class": "A"})
    for path, transport in ((disk(machine, "ata[0-9]*"), "sata"), ("/dev/nvme0n1", "nvme")):
        check(path in every, f"list --all does not show {path}")
        expect(every[path], transport=transport, selectable=False)
        check(path not in offered, f"list offers the internal disk {path}")
    for path, entry in offered.items():
        check(entry["selectable"], f"list without --all shows {path}, which is not selectable")


@scenario("R9", "R2")
def list_tells_twins_apart(bench):
    """Two sticks with one serial number have different IDs and ports."""
    first, second = bench.machine.stick(serial="SAME"), bench.machine.stick(serial="SAME")
    one, two = first.entry(), second.entry()
    check(one and two, "list does not show both sticks")
    check(one["id"] != two["id"], f"both sticks have the ID {one['id']}")
    check(one["port"] != two["port"], f"both sticks are at port {one['port']}")
    check(one["diskseq"] != two["diskseq"], "both sticks have the same diskseq")


@scenario("R5")
def list_ignores_what_udev_says_of_the_bus(bench):
    """A USB disk that udev calls ID_BUS=ata is still a USB disk, and a SATA disk called usb is not."""
    machine = bench.machine
    machine.must("mkdir -p /run/udev/rules.d; "
                 "echo 'SUBSYSTEM==\"block\", ENV{DEVPATH}==\"*/usb*\", ENV{ID_BUS}=\"ata\"' >/run/udev/rules.d/99-lab.rules; "
                 "echo 'SUBSYSTEM==\"block\", ENV{DEVPATH}==\"*/ata*\", ENV{ID_BUS}=\"usb\"' >>/run/udev/rules.d/99-lab.rules; "
                 "udevadm control --reload; udevadm trigger --subsystem-match=block --settle")
    try:
        stick = machine.stick()
        sata = disk(machine, "ata[0-9]*")
        said = machine.must(f"udevadm info --query=property {stick.node} | grep ID_BUS")
        check(said == "ID_BUS=ata", f"the lab's rule does not work: {said}")
        every = listing(machine, "--all")
        expect(every[stick.node], transport="usb", selectable=True)
        expect(every[sata], transport="sata", selectable=False)
    finally:
        machine.must("rm /run/udev/rules.d/99-lab.rules; udevadm control --reload; "
                     "udevadm trigger --subsystem-match=block --settle")


@scenario("R5", "R6")
def list_works_without_udev(bench):
    """Transport, size and serial come from the kernel when udevd does not run and its database is gone."""
    machine = bench.machine
    # It answers before its workers have ended, and one of them would make the folder anew.
    machine.must("udevadm control --exit; while pidof systemd-udevd; do pause 0.1; done; "
                 "mv /run/udev/data /run/udev/away; mkdir /run/udev/data")
    try:
        stick = machine.stick()
        every = listing(machine, "--all")
        check(stick.node in every, f"list --all does not show {stick.node}: {list(every)}")
        expect(every[stick.node], transport="usb", bytes=stick.medium.size, selectable=True)
        expect(every["/dev/mmcblk0"], transport="sd")
        expect(every["/dev/nvme0n1"], transport="nvme", selectable=False)
        stick.discard()
    finally:
        machine.must("rm -rf /run/udev/data; mv /run/udev/away /run/udev/data; "
                     "/usr/lib/systemd/systemd-udevd --daemon; udevadm control --ping; udevadm settle")
