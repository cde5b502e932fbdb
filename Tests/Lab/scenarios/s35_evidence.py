"""Disks that hold more than data: refused with exit 2 until the option for the reason is given (R25)."""

import os
import struct

from bench import MIB, check, check_status, scenario
from writing import check_engraved, objections, write


def check_reason(bench, stick, reason, word, option):
    """Refused without its option and with every other one, the reason named; written with it and the ID."""
    machine, image = bench.machine, bench.image()
    entry = stick.entry()
    check(entry["class"] == "B", f"{reason}: class {entry['class']}: {entry['objections']}")
    check(list(objections(entry)) == [reason], f"{reason}: list says {entry['objections']}")
    stick.medium.heal()
    others = [one for one in ("--allow-member", "--allow-encrypted", "--allow-system", "--allow-unknown") if one != option]
    for options in ((), others, ("--dry-run",)):
        result = write(machine, image, entry["id"], *options)
        check_status(result, 2, f"{reason}: write {' '.join(options)}")
        check(word in result.text and option in result.text, f"{reason}: '{word}' or {option} is not named:\n{result.text}")
    check(stick.medium.written == 0, f"{reason}: bytes were written in spite of the refusal")
    check_status(write(machine, image, entry["id"], option), 0, f"{reason}: write {option}")
    check_engraved(stick.medium, image)


@scenario("R25")
def evidence_encrypted(bench):
    """A closed LUKS container, a BitLocker volume by its first bytes, and noise from the first byte on."""
    machine = bench.machine
    with machine.stick(fill=None) as stick:
        machine.must(f"""echo -n secret >/tmp/key; cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 \\
            --pbkdf-force-iterations 1000 {stick.node} /tmp/key; sync""", timeout=120)
        check_reason(bench, stick, "encrypted", "crypto_LUKS", "--allow-encrypted")
    with machine.stick(fill=None) as stick:
        stick.medium.put(0, b"\xeb\x58\x90-FVE-FS-" + bytes(149) + struct.pack("<HQ", 0, 0) + bytes(16))
        header = bytearray(512)
        header[:11] = b"\xeb\x58\x90-FVE-FS-"
        header[160:176] = bytes.fromhex("3bd67949292ed84a8399f6a339e3d001")
        struct.pack_into("<Q", header, 176, 64 * 1024)
        stick.medium.put(0, bytes(header))
        stick.medium.put(64 * 1024, b"-FVE-FS-" + struct.pack("<HH", 0, 2) + bytes(116))
        check_reason(bench, stick, "encrypted", "BitLocker", "--allow-encrypted")
    with machine.stick(fill=None) as stick:
        stick.medium.put(0, os.urandom(2 * MIB))
        check_reason(bench, stick, "encrypted", "looks like encrypted", "--allow-encrypted")


@scenario("R25")
def evidence_members(bench):
    """A physical volume of LVM that is not active, and a member of an md array that was never assembled."""
    machine = bench.machine
    with machine.stick(fill=None) as stick:
        machine.must(f"pvcreate -qq -y {stick.node}; sync", timeout=120)
        check_reason(bench, stick, "array-member", "LVM2_member", "--allow-member")
    with machine.stick(fill=None) as stick:
        block = bytearray(1024)
        struct.pack_into("<II", block, 0, 0xA92B4EFC, 1)
        block[16:32] = os.urandom(16)
        struct.pack_into("<Q", block, 144, 8)
        total = sum(struct.unpack("<64I", block[:256]))
        struct.pack_into("<I", block, 216, (total & 0xFFFFFFFF) + (total >> 32))
        stick.medium.put(4096, bytes(block))
        check_reason(bench, stick, "array-member", "linux_raid_member", "--allow-member")


@scenario("R25")
def evidence_systems(bench):
    """An installed Linux in a partition, and the recovery partition of Windows."""
    machine = bench.machine
    with machine.stick(fill=None) as stick:
        machine.must(f"""echo type=83 | sfdisk -q {stick.node}; udevadm settle; await 10 test -b {stick.node}1
            mkdir -p /tmp/tree/etc /tmp/tree/usr; touch /tmp/tree/etc/os-release
            mkfs.ext4 -q -d /tmp/tree {stick.node}1; rm -r /tmp/tree; sync; udevadm settle""", timeout=120)
        check_reason(bench, stick, "operating-system", "Linux", "--allow-system")
    with machine.stick(fill=None) as stick:
        machine.must(f"echo 'type=27' | sfdisk -q {stick.node}; sync; udevadm settle")
        stick.medium.put(MIB, b"\xeb\x52\x90NTFS    " + bytes(400) + b"some content")
        check_reason(bench, stick, "operating-system", "Windows", "--allow-system")


@scenario("R25")
def evidence_unknown(bench):
    """Superblocks of ext4 and btrfs on one disk; plain data, a pattern and zeroes are of class A."""
    machine = bench.machine
    with machine.stick(128, fill=None) as stick:
        machine.must(f"mkfs.btrfs -q {stick.node}; sync; dd if={stick.node} of=/tmp/btrfs bs=4096 skip=16 count=1 2>/dev/null; "
                     f"wipefs -qa {stick.node}; mkfs.ext4 -q -F -E lazy_itable_init=0 {stick.node}; "
                     f"dd if=/tmp/btrfs of={stick.node} bs=4096 seek=16 conv=notrunc,fsync 2>/dev/null; rm /tmp/btrfs; "
                     "udevadm settle", timeout=120)
        check_reason(bench, stick, "unknown-content", "contradict", "--allow-unknown")
    for fill, state in ((b"\xa5", "unknown"), (None, "blank")):
        with machine.stick(fill=fill) as stick:
            entry = stick.entry()
            check(entry["class"] == "A", f"a stick of {fill}: class {entry['class']}: {entry['objections']}")
            check(entry["contents"]["state"] == state, f"a stick of {fill}: {entry['contents']}")
