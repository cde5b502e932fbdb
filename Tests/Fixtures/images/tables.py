"""Partition tables written by hand, for those states that no tool produces on purpose."""

import binascii
import struct
import uuid
from pathlib import Path

from .loaders import boot_sector
from .workshop import get, put

ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
FREEBSD_BOOT = "83BD6B9D-7F41-11DC-BE0B-001560B84F0F"


def mbr_entry(active: bool, kind: int, start: int, count: int) -> bytes:
    """One entry of an MBR with the CHS fields that mean "use the LBA"."""
    return struct.pack("<B3sB3sII", 0x80 if active else 0, b"\xFE\xFF\xFF", kind, b"\xFE\xFF\xFF", start, count)


def write_mbr(path: Path, *entries: bytes, code: bytes | None = None, offset: int = 0):
    """Writes entries and the signature, and the code where given."""
    if code is not None:
        put(path, offset, code[:440])
    put(path, offset + 446, b"".join(entries).ljust(64, b"\0") + b"\x55\xAA")


def gpt_header(entries: bytes, *, here: int, other: int, first: int, last: int, array: int, count: int,
               size: int = 128) -> bytes:
    """A header with right checksums (UEFI 2.10 table 5-5)."""
    disk = uuid.uuid5(uuid.NAMESPACE_DNS, "corpus.burin").bytes_le

    def packed(crc: int) -> bytes:
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, here, other, first, last, disk,
                           array, count, size, binascii.crc32(entries))

    return packed(binascii.crc32(packed(0)))


def gpt_entry(kind: str, first: int, last: int, name: str, attributes: int = 0) -> bytes:
    """One partition entry."""
    unique = uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.burin").bytes_le
    label = name.encode("utf-16-le")[:72].ljust(72, b"\0")
    return uuid.UUID(kind).bytes_le + unique + struct.pack("<QQQ", first, last, attributes) + label


def refresh_gpt(path: Path, sector: int = 512, lba: int = 1):
    """Makes the checksums right again after a header or its entries were changed."""
    header = bytearray(get(path, lba * sector, 92))
    array, count, size = struct.unpack_from("<QII", header, 72)
    struct.pack_into("<I", header, 88, binascii.crc32(get(path, array * sector, count * size)))
    struct.pack_into("<I", header, 16, 0)
    struct.pack_into("<I", header, 16, binascii.crc32(bytes(header)))
    put(path, lba * sector, bytes(header))


def find_in(path: Path, needle: Path) -> int:
    """Where a file's first 2 KiB lie in an image, in bytes."""
    sample = get(needle, 0, 2048)
    with open(path, "rb") as file:
        block = 0
        while chunk := file.read(2048):
            if chunk == sample:
                return block * 2048
            block += 1
    raise ValueError(f"{needle} is not in {path}")


def freebsd_head(path: Path, esp_image: Path):
    """What FreeBSD drops into the system area: pmbr and a GPT of two entries, whose backup would lie in the ISO."""
    start = find_in(path, esp_image) // 512
    last = start + esp_image.stat().st_size // 512 - 1
    total = path.stat().st_size // 512
    entries = (gpt_entry(FREEBSD_BOOT, 3, 63, "gptboot") + gpt_entry(ESP, start, last, "efi")).ljust(128 * 4, b"\0")
    # Four entries fit the sector at LBA 2; boot code would follow from LBA 3.
    header = gpt_header(entries, here=1, other=total - 1, first=3, last=total - 1, array=2, count=4)
    put(path, 512, header)
    put(path, 1024, entries)
    put(path, 3 * 512, b"gptboot would be here\0")
    # pmbr's first bytes and texts around a program that shows the marker in place of loading the boot partition.
    code = boot_sector(prefix=bytes.fromhex("FC31C08EC08ED88ED0BC007C")).rstrip(b"\x55\xAA\0") + b"\0"
    code += b"Missing boot loader\0Boot loader too large\0"
    write_mbr(path, mbr_entry(False, 0xEE, 1, total - 1), code=code.ljust(440, b"\0"))
