"""Writes that must succeed, and writes that must not begin."""

from bench import MIB, check, check_status, scenario
from writing import check_engraved, check_head_zero, write


def write_and_verify(bench, stick, block=512):
    """The whole way: write, look at the backing file, verify, look at the partitions."""
    image, machine = bench.image(), bench.machine
    stick.dress()
    result = write(machine, image, stick.id())
    check_status(result, 0, "write")
    check_engraved(stick.medium, image, block)
    check_status(machine.burin("verify", image.guest, stick.node), 0, "verify of the stick just written")
    return result


@scenario("R33", "R35", "R36", "R41", "R47")
def write_usb_storage(bench):
    """A stick on usb-storage holds the image, its old tables are gone, its new partitions appear."""
    with bench.machine.stick() as stick:
        said = write_and_verify(bench, stick).text
        check("stick's own cache" not in said, f"SYNCHRONIZE CACHE needs a right that was given up:\n{said}")
        check("seccomp" not in said and "capset" not in said, f"a barrier around the writer is missing:\n{said}")
        parts = bench.machine.must(f"udevadm settle; ls {stick.node}?*")
        check(parts, "the kernel does not see the partitions of the image")
        check(stick.medium.flushes >= 3, f"only {stick.medium.flushes} flushes reached the stick; "
                                         "erasing, body and commit need one each")


@scenario("R35", "R41")
def write_uas(bench):
    """A stick on UAS."""
    with bench.machine.stick(kind="uas") as stick:
        write_and_verify(bench, stick)


@scenario("R35", "R41")
def write_4096_byte_blocks(bench):
    """A stick with 4096-byte blocks; the last partial block is filled with zeros."""
    with bench.machine.stick(block=4096) as stick:
        write_and_verify(bench, stick, 4096)
        # An image whose length is no multiple of the block.
        odd = bench.keep("odd.img", bench.image().data[:3 * MIB + 512 * 3])
        stick.dress()
        result = write(bench.machine, odd, stick.id())
        if result.status == 0:
            check_engraved(stick.medium, odd, 4096)
        else:  # the inspector may call the shortened image truncated
            check_status(result, 3, "write of a shortened image")
            check(stick.medium.written == 0, "an image was refused after the first write")


@scenario("R35", "R41")
def write_sd_card(bench):
    """An SD card in a reader on PCI."""
    machine, image = bench.machine, bench.image()
    card = machine.media["card"]
    card.heal()
    listing = machine.burin("list", "--json").json
    entry = next((one for one in listing["devices"] if one["path"] == "/dev/mmcblk0"), None)
    check(entry is not None, f"list does not offer the card: {listing}")
    check_status(write(machine, image, entry["id"]), 0, "write")
    check_engraved(card, image)
    check_status(machine.burin("verify", image.guest, "/dev/mmcblk0"), 0, "verify")


@scenario("R1", "R33")
def write_needs_consent(bench):
    """No target, no terminal, --yes with a mere path, a wrong --confirm, --dry-run: nothing is written."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        name = stick.id()
        stick.medium.heal()
        before = stick.medium.sha256()
        cases = {(): (2, 64), (stick.node,): (2, 5, 64), (name,): (2, 5, 64), (stick.node, "--yes"): (2, 5, 64),
                 (stick.node, "--yes", "--confirm", "usb-00000000"): (2, 5, 64), (name, "--yes", "--dry-run"): (0,)}
        for words, allowed in cases.items():
            check_status(machine.burin("write", image.guest, *words), allowed, f"write {' '.join(words)}")
        check(stick.medium.written == 0, f"{stick.medium.written} bytes were written without consent")
        check(stick.medium.sha256() == before, "the stick has changed")
        confirmed = machine.burin("write", image.guest, stick.node, "--yes", "--confirm", name)
        check_status(confirmed, 0, "write with the right --confirm")


@scenario("R34")
def write_refuses_what_does_not_fit(bench):
    """An image larger than the stick: exit 3 before the first write."""
    machine, image = bench.machine, bench.image()
    with machine.stick(8) as stick:
        name = stick.id()
        stick.medium.heal()
        check_status(write(machine, image, name), 3, "write of 12 MiB to 8 MiB")
        check(stick.medium.written == 0, "bytes were written")


@scenario("R42")
def verify_finds_every_flipped_bit(bench):
    """One flipped bit at either end, at the edges of chunks and in the middle: exit 1 with its offset."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.medium.put(0, image.data)
        check_status(machine.burin("verify", image.guest, stick.node), 0, "verify of a true copy")
        for offset in (0, 511, MIB - 1, MIB, 4 * MIB, 5_000_001, image.size - 1):
            old = stick.medium.bytes_at(offset, 1)
            stick.medium.put(offset, bytes([old[0] ^ 1 << offset % 8]))
            result = machine.burin("verify", image.guest, stick.node)
            check_status(result, 1, f"verify with a flipped bit in byte {offset}")
            plain = result.text.replace(",", "").replace("\u202f", "").replace("_", "")
            check(str(offset) in plain, f"verify does not name byte {offset}:\n{result.text}")
            stick.medium.put(offset, old)


@scenario("R42", "R43")
def write_sees_through_lies(bench):
    """A stick that flips a bit, loses a write, or has less memory than it says: exit 1, never bootable."""
    machine, image = bench.machine, bench.image()
    lies = {"flips a bit": lambda medium: medium.flips.update({7 * MIB + 77: 4}),
            "loses one block": lambda medium: medium.drops.append((6 * MIB, 6 * MIB + 4096)),
            "wraps at 8 MiB": lambda medium: setattr(medium, "wraps_at", 8 * MIB)}
    for lie, tell in lies.items():
        with machine.stick() as stick:
            stick.dress()
            name = stick.id()
            tell(stick.medium)
            result = write(machine, image, name)
            check_status(result, (1, 4), f"a stick that {lie}")
            if stick.medium.wraps_at is None:
                check_head_zero(stick.medium, f"a stick that {lie}")
            else:
                check(stick.medium.sha256(MIB) != image.sha256, "the fake was committed")


@scenario("R2", "R8", "R31")
def failed_write_leaves_no_trust(bench):
    """A write that failed is not taken up again: the old ID of the replugged stick is refused (R8)."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        name = stick.id()
        stick.medium.when_written(3 * MIB, stick.pull_now)
        check_status(write(machine, image, name), 4, "unplug at 3 MiB")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        stick.medium.heal()
        stick.plug()
        stick.medium.heal()
        check_status(write(machine, image, name), (2, 7), "write with the ID from before the unplug")
        check(stick.medium.written == 0, "bytes were written to a stick that was replugged")
        check(stick.id() != name, "the replugged stick has the ID it had before")


@scenario("R42", "R45")
def receipt_proves_without_the_image(bench):
    """A receipt proves a stick without its image; a flipped bit is found in its piece, and the history knows the write."""
    machine, image = bench.machine, bench.image()
    receipt = "/tmp/receipt.json"
    with machine.stick() as stick:
        check_status(write(machine, image, stick.id(), "--receipt", receipt), 0, "writing")
        check_status(machine.burin("verify", "--receipt", receipt, stick.node), 0, "verify with the receipt alone")
        stick.medium.put(5 * MIB, bytes([stick.medium.bytes_at(5 * MIB, 1)[0] ^ 1]))
        result = machine.burin("verify", "--receipt", receipt, stick.node)
        check_status(result, 1, "verify of a flipped bit with the receipt")
        check(f"in one place, from byte {4 * MIB} on" in " ".join(result.err.split()), f"another piece: {result.err}")
        listing = machine.burin("history")
        check_status(listing, 0, "history")
        check("read back and equal" in listing.text, f"the history lacks the write: {listing.text}")
        machine.must(f"rm {receipt}")


@scenario("R46")
def verify_does_not_blame_a_mount(bench):
    """FAT and ext4 of a verified stick are mounted and a file is made: verify says so; damage besides is no mount."""
    machine = bench.machine
    with machine.stick(fill=None) as stick:
        machine.must("""set -e; cd /tmp; truncate -s 48M disk.img
            printf '2048,40960,c\\n43008,49152,83\\n' | sfdisk -q disk.img
            mkfs.vfat --offset=2048 disk.img 20480; mkfs.ext4 -qF -E offset=22020096 disk.img 24576k; sync""", timeout=120)
        node = stick.node
        check_status(machine.burin("write", "/tmp/disk.img", stick.id(), "--yes", timeout=180), 0, "writing")
        machine.must(f"udevadm settle; await 10 test -b {node}2; mkdir -p /mnt/m; mount {node}1 /mnt/m; touch /mnt/m/new; "
                     f"umount /mnt/m; mount {node}2 /mnt/m; touch /mnt/m/new; umount /mnt/m; sync", timeout=90)
        result = machine.burin("verify", "/tmp/disk.img", node)
        check_status(result, 1, "verify after mounts")
        check("has mounted it" in result.err and "cannot be told" in result.err, f"the mount is not told: {result.err}")
        check("do not trust" not in result.err, f"the stick is blamed: {result.err}")
        answer = machine.burin("verify", "/tmp/disk.img", node, "--json").events[-1]
        check([one["partition"] for one in answer["mountedSince"]] == [1, 2], f"mountedSince: {answer['mountedSince']}")
        superblock = 21 * MIB + 1024
        harm = {"a flipped bit outside of both": (MIB // 2, bytes([1])), "a lost boot sector": (MIB, bytes(512)),
                "a lost superblock": (superblock, bytes(1024)), "flash that reads as 0xFF": (23 * MIB, b"\xff" * 4096),
                "a superblock with a flipped bit": (superblock + 300, bytes([1 ^ stick.medium.bytes_at(superblock + 300, 1)[0]]))}
        for what, (offset, content) in harm.items():
            old = stick.medium.bytes_at(offset, len(content))
            stick.medium.put(offset, content)
            result = machine.burin("verify", "/tmp/disk.img", node)
            check_status(result, 1, f"verify after mounts and {what}")
            check("has mounted it" not in result.err, f"{what} is taken for a mount: {result.err}")
            stick.medium.put(offset, old)
        machine.must("rm /tmp/disk.img")
