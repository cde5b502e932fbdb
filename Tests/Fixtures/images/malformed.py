"""Images that lie: cycles, offsets outside the file, counts without measure, cuts, and random damage.

For each of them inspect has to end within two seconds with a report or one clear error.
"""

import random
import struct

from .loaders import fat_image, uefi_files
from .optical import README, master
from .registry import image
from .tables import gpt_entry, gpt_header, mbr_entry, refresh_gpt, write_mbr
from .workshop import blank, copy, get, put

BLOCK = 2048
DEBIAN = "debian-layout.iso"
SMALL = "ubuntu-layout.iso"
ROCK = "data.iso"
DISK = "disk-gpt-esp.img"
FAT = "fat16-uefi.img"
WINDOWS = "windows-udf-tree.iso"


def damaged(name, source, note):
    """A copy of a good image that the decorated function then damages."""
    def register(damage):
        @image(name, "malformed", needs=[source], note=note)
        def build(shop, path):
            copy(shop.output / source, path)
            damage(path)
        return damage
    return register


def u32(path, offset):
    return struct.unpack("<I", get(path, offset, 4))[0]


def both(value):
    """ISO 9660's little- and big-endian pair."""
    return struct.pack("<I", value) + struct.pack(">I", value)


def root_directory(path):
    """Byte offset of the primary tree's root directory."""
    return u32(path, 16 * BLOCK + 156 + 2) * BLOCK


def records(path, directory):
    """Offsets of the records in a directory's first block."""
    offset = directory
    while offset < directory + BLOCK and (length := get(path, offset, 1)[0]):
        yield offset
        offset += length


def catalogue(path):
    """Byte offset of the El Torito catalogue."""
    return u32(path, 17 * BLOCK + 71) * BLOCK


# ISO 9660

@damaged("bad-iso-directory-cycle.iso", ROCK, "a directory that contains itself")
def directory_cycle(path):
    root = root_directory(path)
    for record in list(records(path, root))[2:]:
        if get(path, record + 25, 1)[0] & 2:
            put(path, record + 2, both(root // BLOCK))


@damaged("bad-iso-efi-cycle.iso", SMALL, "/EFI leads back to the root: the way to the loader never ends")
def efi_cycle(path):
    directory_cycle(path)


@damaged("bad-iso-root-outside.iso", ROCK, "the root directory lies outside the file")
def root_outside(path):
    put(path, 16 * BLOCK + 158, both(0xFFFFFFF0))


@damaged("bad-iso-root-huge.iso", ROCK, "the root directory is 4 GiB long")
def root_huge(path):
    put(path, 16 * BLOCK + 166, both(0xFFFFFFFF))


@damaged("bad-iso-record-length.iso", ROCK, "a record of one byte")
def record_length(path):
    put(path, list(records(path, root_directory(path)))[2], b"\1")


@damaged("bad-iso-name-length.iso", ROCK, "a name longer than its record")
def name_length(path):
    put(path, list(records(path, root_directory(path)))[2] + 32, b"\xFF")


@damaged("bad-iso-susp-zero.iso", ROCK, "a SUSP entry of length 0")
def susp_zero(path):
    for record in records(path, root_directory(path)):
        used = 33 + get(path, record + 32, 1)[0]
        used += used % 2
        put(path, record + used + 2, b"\0")


@damaged("bad-iso-ce-loop.iso", ROCK, "a continuation area that continues in itself")
def ce_loop(path):
    root = root_directory(path)
    first = next(records(path, root))
    # In the root's first record the CE entry stands behind SP and the others.
    offset, end = first + 34, first + get(path, first, 1)[0]
    while offset + 4 <= end:
        kind, length = get(path, offset, 2), get(path, offset + 2, 1)[0]
        if kind == b"CE":
            block, inside = u32(path, offset + 4), u32(path, offset + 12)
            put(path, block * BLOCK + inside, get(path, offset, 28))
            return
        if length == 0:
            break
        offset += length
    raise ValueError("no CE entry to bend")


@damaged("bad-iso-overlap.iso", ROCK, "every file and directory begins at the volume descriptor")
def overlap(path):
    for record in list(records(path, root_directory(path)))[2:]:
        put(path, record + 2, both(16))


@damaged("bad-iso-no-terminator.iso", ROCK, "volume descriptors to the end of the file, no terminator")
def no_terminator(path):
    primary = get(path, 16 * BLOCK, BLOCK)
    for block in range(17, min(path.stat().st_size // BLOCK, 4000)):
        put(path, block * BLOCK, primary)


@damaged("bad-iso-block-size.iso", ROCK, "logical blocks of 0 bytes")
def block_size(path):
    put(path, 16 * BLOCK + 128, bytes(4))


@damaged("bad-iso-endian.iso", ROCK, "the two halves of every number contradict each other")
def endian(path):
    put(path, 16 * BLOCK + 84, struct.pack(">I", 7))
    put(path, 16 * BLOCK + 156 + 6, struct.pack(">I", 9))


@damaged("bad-iso-blocks-huge.iso", ROCK, "2^32 - 1 blocks: truncated by 8 TiB")
def blocks_huge(path):
    put(path, 16 * BLOCK + 80, both(0xFFFFFFFF))


@damaged("bad-iso-label-controls.iso", ROCK, "a label of terminal escapes and invalid UTF-8")
def label(path):
    put(path, 16 * BLOCK + 40, b"\x1B[2J\x1B]0;evil\x07\xFF\xFE\x80\x9B31m\x7F\r\n\t".ljust(32, b"\xC3"))
    put(path, 16 * BLOCK + 8, b"\x1B[31m".ljust(32))
    put(path, 16 * BLOCK + 813, b"\xFF" * 17)


@image("bad-iso-deep.iso", "malformed", note="/EFI, 120 directories deep")
def deep(shop, path):
    tree = shop.tree("deep", {**README, "EFI/" + "/".join(["d"] * 120) + "/x": b"x"})
    master(path, tree, "DEEP", "-iso-level", "4", "-D")


@image("bad-iso-wide.iso", "malformed", note="a directory of 2000 files")
def wide(shop, path):
    tree = shop.tree("wide", {f"EFI/BOOT/{number:05}.EFI": b"MZ" for number in range(2000)})
    master(path, tree, "WIDE", "-J")


# El Torito

@damaged("bad-eltorito-outside.iso", DEBIAN, "the catalogue lies outside the file")
def catalogue_outside(path):
    put(path, 17 * BLOCK + 71, struct.pack("<I", 0x7FFFFFFF))


@damaged("bad-eltorito-image-outside.iso", DEBIAN, "the boot images lie outside the file")
def boot_image_outside(path):
    for entry in (32, 96):
        put(path, catalogue(path) + entry + 8, struct.pack("<I", 0xFFFFFFF0))


@damaged("bad-eltorito-endless.iso", DEBIAN, "section headers that announce 65535 entries each, and never the last")
def endless(path):
    start = catalogue(path)
    for offset in range(64, BLOCK, 32):
        put(path, start + offset, b"\x90\x00\xFF\xFF".ljust(32, b"\0"))


@damaged("bad-eltorito-extensions.iso", DEBIAN, "an entry with extensions for ever")
def extensions(path):
    start = catalogue(path)
    put(path, start + 96 + 1, b"\x20")
    for offset in range(128, BLOCK, 32):
        put(path, start + offset, b"\x44\x20".ljust(32, b"\0"))


@damaged("bad-eltorito-self.iso", DEBIAN, "the catalogue is the boot record itself")
def self_catalogue(path):
    put(path, 17 * BLOCK + 71, struct.pack("<I", 17))


@damaged("bad-eltorito-platforms.iso", "plain.iso", "0x90 for the last section, platform 0x80, entry without header")
def platforms(path):
    start = catalogue(path)
    put(path, start + 1, b"\x80")
    put(path, start + 64, b"\x90")


# Partition tables

@damaged("bad-gpt-count.img", DISK, "2^31 partition entries")
def gpt_count(path):
    put(path, 512 + 80, struct.pack("<I", 1 << 31))
    refresh_header(path)


@damaged("bad-gpt-entry-size.img", DISK, "entries of 2^31 bytes")
def gpt_entry_size(path):
    put(path, 512 + 84, struct.pack("<I", 1 << 31))
    refresh_header(path)


@damaged("bad-gpt-entry-size-odd.img", DISK, "entries of 1 byte")
def gpt_entry_size_odd(path):
    put(path, 512 + 84, struct.pack("<I", 1))
    refresh_header(path)


@damaged("bad-gpt-header-size.img", DISK, "a header of 4 GiB")
def gpt_header_size(path):
    put(path, 512 + 12, struct.pack("<I", 0xFFFFFFFF))


@damaged("bad-gpt-array-outside.img", DISK, "the array lies at 2^63")
def gpt_array(path):
    put(path, 512 + 72, struct.pack("<Q", 1 << 63))
    refresh_header(path)


@damaged("bad-gpt-alternate-overflow.img", DISK, "the backup lies at 2^64 - 1")
def gpt_alternate(path):
    put(path, 512 + 32, struct.pack("<Q", (1 << 64) - 1))
    refresh_header(path)


def refresh_header(path):
    """Makes the header's own checksum right again and leaves that of the entries."""
    import binascii
    header = bytearray(get(path, 512, 92))
    struct.pack_into("<I", header, 16, 0)
    struct.pack_into("<I", header, 16, binascii.crc32(bytes(header)))
    put(path, 512, bytes(header))


@damaged("bad-gpt-partition-reversed.img", DISK, "an ESP that ends before it begins, another at 2^64 - 1")
def gpt_reversed(path):
    put(path, 1024 + 32, struct.pack("<QQ", 5000, 40))
    put(path, 1024 + 128, get(path, 1024, 32) + struct.pack("<QQ", (1 << 64) - 8, (1 << 64) - 1))
    refresh_gpt(path)


@image("bad-gpt-overlap.img", "malformed", note="two headers that claim each other's array, 4096 overlapping ESPs")
def gpt_overlap(shop, path):
    blank(path, 8 << 20)
    esp = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
    entries = b"".join(gpt_entry(esp, 40, 16000, f"p{number}") for number in range(4096))
    put(path, 1024, entries)
    put(path, 512, gpt_header(entries, here=1, other=1, first=34, last=16383, array=2, count=4096))
    write_mbr(path, mbr_entry(False, 0xEE, 1, 0xFFFFFFFF))


@image("bad-ebr-loop.img", "malformed", note="an extended partition whose chain bites its own tail")
def ebr_loop(shop, path):
    blank(path, 8 << 20)
    write_mbr(path, mbr_entry(False, 5, 2048, 14336))
    for place, following in ((2048, 1024), (3072, 0)):
        write_mbr(path, mbr_entry(False, 0xEF, 63, 100), mbr_entry(False, 5, following, 1024), offset=place * 512)


@image("bad-ebr-self.img", "malformed", note="four extended partitions at LBA 0")
def ebr_self(shop, path):
    blank(path, 1 << 20)
    write_mbr(path, *[mbr_entry(True, kind, 0, 0xFFFFFFFF) for kind in (5, 0x0F, 0x85, 5)])


@image("bad-mbr-outside.img", "malformed", note="partitions behind the end of the file")
def mbr_outside(shop, path):
    blank(path, 1 << 20)
    write_mbr(path, *[mbr_entry(False, 0xEF, 0xFFFFFFFF - number, 0xFFFFFFFF) for number in range(4)], code=b"\xFA")


@image("bad-apm-count.img", "malformed", note="a partition map of 2^32 - 1 entries, each saying so again")
def apm_count(shop, path):
    blank(path, 1 << 20)
    put(path, 0, struct.pack(">2sHI", b"ER", 512, 0xFFFFFFFF))
    for number in range(1, 2000):
        put(path, 512 * number, struct.pack(">2sHIII", b"PM", 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF))


@image("bad-apm-block-size.img", "malformed", note="a partition map of blocks of 0 bytes")
def apm_block_size(shop, path):
    blank(path, 1 << 20)
    put(path, 0, struct.pack(">2sHI", b"ER", 0, 8))


# FAT

def fat_table(path):
    """Offset of the first FAT, of the root directory, of the data, and the size of a cluster (FAT16)."""
    sector, cluster, reserved, count, roots = struct.unpack("<HBHBH", get(path, 11, 8))
    length = struct.unpack("<H", get(path, 22, 2))[0]
    root = (reserved + count * length) * sector
    return reserved * sector, root, root + roots * 32, cluster * sector


def entry_of(path, directory, name, length=16384):
    """Offset of a directory entry by its short name."""
    data = get(path, directory, length)
    for offset in range(0, len(data), 32):
        if data[offset:offset + 11] == name and data[offset + 11] != 0x0F:
            return directory + offset
    raise ValueError(f"{name} is not there")


def efi_entry(path):
    """The entry of /EFI, and the offset of that directory."""
    _, root, data, cluster = fat_table(path)
    entry = entry_of(path, root, b"EFI        ")
    number = struct.unpack("<H", get(path, entry + 26, 2))[0]
    return entry, number, data + (number - 2) * cluster


@damaged("bad-fat-directory-cycle.img", FAT, "/EFI/BOOT is /EFI")
def fat_directory_cycle(path):
    _, number, directory = efi_entry(path)
    put(path, entry_of(path, directory, b"BOOT       ", 2048) + 26, struct.pack("<H", number))


@damaged("bad-fat-chain-cycle.img", FAT, "the cluster chain of /EFI ends in itself")
def fat_chain_cycle(path):
    table, *_ = fat_table(path)
    _, number, directory = efi_entry(path)
    put(path, table + number * 2, struct.pack("<H", number))
    put(path, directory, b"\xE5" * 1)  # and no end-of-directory mark stops the walk
    data = get(path, directory, 2048)
    put(path, directory, bytes(0xE5 if index % 32 == 0 and byte == 0 else byte for index, byte in enumerate(data)))


@damaged("bad-fat-cluster-outside.img", FAT, "/EFI begins at a cluster that does not exist")
def fat_outside(path):
    entry, *_ = efi_entry(path)
    put(path, entry + 26, b"\xF0\xFF")


@damaged("bad-fat-loader-cycle.img", FAT, "the loader is 4 GiB long and its chain a circle")
def fat_loader_cycle(path):
    table, _, data, cluster = fat_table(path)
    _, _, directory = efi_entry(path)
    boot = struct.unpack("<H", get(path, entry_of(path, directory, b"BOOT       ", 2048) + 26, 2))[0]
    loader = entry_of(path, data + (boot - 2) * cluster, b"BOOTX64 EFI", 2048)
    number = struct.unpack("<H", get(path, loader + 26, 2))[0]
    put(path, loader + 28, b"\xFF\xFF\xFF\xFF")
    put(path, table + number * 2, struct.pack("<H", number))


def bad_bpb(name, offset, value, note):
    @damaged(name, FAT, note)
    def damage(path):
        put(path, offset, value)


bad_bpb("bad-fat-sector-zero.img", 11, b"\0\0", "sectors of 0 bytes")
bad_bpb("bad-fat-sector-huge.img", 11, b"\xFF\xFF", "sectors of 65535 bytes")
bad_bpb("bad-fat-cluster-zero.img", 13, b"\0", "clusters of 0 sectors")
bad_bpb("bad-fat-no-fats.img", 16, b"\0", "no FAT at all")
bad_bpb("bad-fat-length.img", 22, b"\xFF\xFF", "a FAT that is longer than the file system")
bad_bpb("bad-fat-total.img", 32, b"\xFF\xFF\xFF\xFF", "2^32 - 1 sectors")


@damaged("bad-pe-offset.img", FAT, "the loader's PE header lies outside the loader")
def pe_offset(path):
    data = path.read_bytes()
    place = data.index(b"MZ" + bytes(58) + struct.pack("<I", 64))
    put(path, place + 60, b"\xFF\xFF\xFF\xFF")


@damaged("bad-pe-sections.img", FAT, "the loader has 65535 sections and a certificate table at 2^32 - 1")
def pe_sections(path):
    data = path.read_bytes()
    place = data.index(b"MZ" + bytes(58) + struct.pack("<I", 64)) + 64
    put(path, place + 6, b"\xFF\xFF")
    put(path, place + 24 + 144, b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")


# UDF

def udf_damage(name, note, change):
    @damaged(name, WINDOWS, note)
    def damage(path):
        change(path)


def udf_anchor(path):
    put(path, 256 * BLOCK + 16, b"\xFF" * 16)


def udf_no_anchor(path):
    put(path, 256 * BLOCK, bytes(512))


def udf_tags(path):
    """Gives every descriptor between the anchor's sequence and the partition a wrong tag checksum."""
    start = u32(path, 256 * BLOCK + 20)
    for block in range(start, start + 16):
        put(path, block * BLOCK + 4, b"\xAA")


def udf_recognition(path):
    """An endless recognition sequence: BEA01 to the end."""
    for block in range(18, 250):
        put(path, block * BLOCK, b"\0BEA01\1")


udf_damage("bad-udf-anchor.iso", "the anchor points at 2^32 - 1", udf_anchor)
udf_damage("bad-udf-no-anchor.iso", "no anchor at 256", udf_no_anchor)
udf_damage("bad-udf-tags.iso", "every volume descriptor has a wrong tag checksum", udf_tags)
udf_damage("bad-udf-recognition.iso", "a recognition sequence without an end", udf_recognition)


# Cuts

def cut(name, source, note, size):
    """The first `size(whole)` bytes of a good image."""
    @image(name, "malformed", needs=[source], note=note)
    def build(shop, path):
        good = shop.output / source
        path.write_bytes(get(good, 0, size(good.stat().st_size)))


for label_text, missing in {"1m": 1 << 20, "300k": 300 << 10, "302k": 302 << 10, "2k": 2048, "1b": 1}.items():
    cut(f"cut-debian-{label_text}.iso", DEBIAN, f"{missing} bytes missing at the end",
        lambda whole, missing=missing: whole - missing)
    cut(f"cut-ubuntu-{label_text}.iso", SMALL, f"{missing} bytes missing at the end",
        lambda whole, missing=missing: whole - missing)
cut("cut-windows-half.iso", WINDOWS, "half of it missing", lambda whole: whole // 2)

# Where one structure ends and the next begins, and one byte to either side of it.
BOUNDARIES = [512, 1024, 32768, 34816, 36864, 38912, 40960, 43008, 45056, 131072]
for boundary in BOUNDARIES:
    for delta in (-1, 0, 1):
        cut(f"cut-at-{boundary + delta:06}.iso", DEBIAN, "cut at the boundary of a structure",
            lambda whole, size=boundary + delta: size)
for boundary in (511, 513, 603, 604, 1023, 1151, 1152, 17407, 17408, 1048576, 1048577, 1049088):
    cut(f"cut-at-{boundary:07}.img", DISK, "cut at the boundary of a structure", lambda whole, size=boundary: size)


# Random damage, the same on every run.

def flips(source, seed, spans):
    """A copy of `source` with 40 random bytes inside the spans changed."""
    @image(f"flip-{seed:03}-{source}", "malformed", needs=[source], note="40 random bytes of the structures changed")
    def build(shop, path):
        copy(shop.output / source, path)
        draw = random.Random(seed)
        for _ in range(40):
            low, high = draw.choice(spans)
            put(path, draw.randrange(low, high), bytes([draw.randrange(256)]))


SYSTEM_AREA = (0, 32768)
DESCRIPTORS = (32768, 32768 + 40 * BLOCK)
for number in range(12):
    flips("alpine-layout.iso", number, [SYSTEM_AREA, DESCRIPTORS])
    flips("ubuntu-layout.iso", 100 + number, [(0, 17408), DESCRIPTORS])
    flips(WINDOWS, 200 + number, [DESCRIPTORS, (256 * BLOCK, 320 * BLOCK)])
    flips("disk-gpt-esp.img", 300 + number, [(0, 2048), (1 << 20, (1 << 20) + 4096)])
    flips("fat16-uefi.img", 400 + number, [(0, 64), (512, 2048), (0x8000, 0xC000)])


@image("bad-polyglot.iso", "malformed", needs=["plain-uefi.iso"], note="FAT, MBR, GPT, ISO 9660 in one: who is right?")
def polyglot(shop, path):
    copy(shop.output / "plain-uefi.iso", path)
    fat = shop.cache / "polyglot.img"
    fat_image(fat, 4096, uefi_files("x64"), shop, bits=12)
    header = get(fat, 0, 512)
    put(path, 0, header)
    write_mbr(path, mbr_entry(True, 0xEF, 0, 8192))
    entries = gpt_entry("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", 0, 100, "all").ljust(512, b"\0")
    put(path, 1024, entries)
    put(path, 512, gpt_header(entries, here=1, other=1, first=0, last=100, array=2, count=4))
