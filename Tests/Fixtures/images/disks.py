"""Raw disk images: partition tables in every state, and file systems without a table."""

import struct
from pathlib import Path

from .loaders import (GRUB_CONFIG, boot_sector, chain_mbr, efi_program, fat_image, grub_core, signed_files,
                      uefi_files)
from .registry import MARKER, image
from .tables import BASIC_DATA, LINUX, mbr_entry, refresh_gpt, write_mbr
from .workshop import blank, copy, get, insert, put, run

MIB = 1 << 20
BOTH = {"bios": MARKER, "uefi": MARKER}
SYSLINUX_CONFIG = f"SERIAL 0 115200\nSAY {MARKER} bios\nPROMPT 1\nTIMEOUT 0\n".encode()
MBR_BIN = Path("/usr/lib/syslinux/mbr/mbr.bin")
GPTMBR_BIN = Path("/usr/lib/syslinux/mbr/gptmbr.bin")
WINDOWS_PREFIX = bytes.fromhex("33C0 8ED0 BC007C")


def sfdisk(path, script):
    """Writes a table as sfdisk reads it."""
    run("sfdisk", "--no-reread", "--no-tell-kernel", "-q", path, stdin=script.encode())


def gpt_disk(shop, path, files, mib=40, kind="U", esp_mib=33):
    """A disk with one ESP, as sfdisk makes it."""
    blank(path, mib * MIB)
    sfdisk(path, "label: gpt\nlabel-id: 0B0B0B0B-0000-4000-8000-000000000001\n"
                 f"start=2048, size={esp_mib * 2048}, type={kind}, name=\"esp\", "
                 "uuid=0B0B0B0B-0000-4000-8000-000000000002\n")
    esp = shop.cache / "esp-disk.img"
    fat_image(esp, esp_mib * 1024, files, shop, bits=32)
    insert(path, MIB, esp)


@image("disk-gpt-esp.img", "disk", uefi=MARKER, note="GPT with an ESP")
def gpt_esp(shop, path):
    gpt_disk(shop, path, uefi_files("x64"))


@image("disk-gpt-esp-signed.img", "disk", uefi=MARKER, note="GPT with an ESP that holds shim and signed GRUB")
def gpt_esp_signed(shop, path):
    files = {**signed_files(shop), ".disk/info": b"x\n", "boot/grub/grub.cfg": GRUB_CONFIG}
    gpt_disk(shop, path, files, mib=48, esp_mib=40)


@image("disk-gpt-esp-multi.img", "disk", uefi=MARKER, note="GPT with an ESP for x64, ia32 and aa64")
def gpt_esp_multi(shop, path):
    gpt_disk(shop, path, uefi_files("x64", "ia32", "aa64"))


@image("disk-gpt-basic-data.img", "disk", uefi=MARKER, note="the loader lies in a basic-data partition, no ESP")
def gpt_basic(shop, path):
    gpt_disk(shop, path, uefi_files("x64"), kind=BASIC_DATA)


@image("disk-gpt-linux-type.img", "disk", uefi=MARKER, note="a FAT with the loader, typed as Linux")
def gpt_linux(shop, path):
    gpt_disk(shop, path, uefi_files("x64"), kind=LINUX)


@image("disk-gpt-4096.img", "disk", sector=4096, note="GPT made for sectors of 4096 bytes")
def gpt_4096(shop, path):
    # sfdisk learnt --sector-size long after fdisk.
    blank(path, 40 * MIB)
    run("fdisk", "-b", "4096", path, stdin=f"g\nn\n1\n256\n{256 + 33 * 256 - 1}\nt\n1\nw\n".encode())
    esp = shop.cache / "esp-disk.img"
    fat_image(esp, 33 * 1024, uefi_files("x64"), shop, bits=16, sector=4096)
    insert(path, MIB, esp)


@image("disk-gpt-no-fs.img", "disk", note="GPT with an ESP that is not formatted")
def gpt_no_fs(shop, path):
    blank(path, 8 * MIB)
    sfdisk(path, "label: gpt\nsize=4MiB, type=U\n")


@image("disk-gpt-empty.img", "disk", note="GPT without partitions")
def gpt_empty(shop, path):
    blank(path, 8 * MIB)
    sfdisk(path, "label: gpt\nlabel-id: 0B0B0B0B-0000-4000-8000-000000000001\n")


@image("disk-gpt-syslinux.img", "disk", **BOTH, note="gptmbr.bin, attribute bit 2, SYSLINUX in the ESP")
def gpt_syslinux(shop, path):
    gpt_disk(shop, path, {**uefi_files("x64"), "syslinux.cfg": SYSLINUX_CONFIG})
    run(shop.package_file("usr/bin/syslinux"), "--install", "--offset", MIB, path)
    run("sgdisk", "-A", "1:set:2", path)
    put(path, 0, GPTMBR_BIN.read_bytes())
    put(path, MIB + 28, struct.pack("<I", MIB // 512))


def broken(name, note, needs="disk-gpt-esp.img", uefi=None):
    """A copy of the good disk that the decorated function then damages."""
    def register(damage):
        @image(name, "disk", uefi=uefi, needs=[needs], note=note)
        def build(shop, path):
            copy(shop.output / needs, path)
            damage(path)
        return damage
    return register


@broken("disk-gpt-backup-only.img", "the primary header and entries are zeros", uefi=MARKER)
def backup_only(path):
    put(path, 512, bytes(33 * 512))


@broken("disk-gpt-no-backup.img", "the backup header is zeros", uefi=MARKER)
def no_backup(path):
    put(path, path.stat().st_size - 33 * 512, bytes(33 * 512))


@broken("disk-gpt-bad-backup.img", "the backup header's checksum is wrong", uefi=MARKER)
def bad_backup(path):
    put(path, path.stat().st_size - 512 + 56, b"\xAA" * 16)


@broken("disk-gpt-misplaced-backup.img", "written to a larger disk: the backup is not at its end", uefi=MARKER)
def misplaced(path):
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size + 16 * MIB)


@broken("disk-gpt-bad-header-crc.img", "both headers' checksums are wrong")
def bad_header(path):
    put(path, 512 + 16, b"\1\2\3\4")
    put(path, path.stat().st_size - 512 + 16, b"\1\2\3\4")


@broken("disk-gpt-bad-entries-crc.img", "an entry of the primary array was changed, the backup is whole", uefi=MARKER)
def bad_entries(path):
    put(path, 1024 + 56, "renamed".encode("utf-16-le"))


@broken("disk-gpt-wrong-mylba.img", "the primary header says that it lies at LBA 7", uefi=MARKER)
def wrong_mylba(path):
    put(path, 512 + 24, struct.pack("<Q", 7))
    refresh_gpt(path)


@broken("disk-gpt-no-protective.img", "a valid GPT below an MBR without any entry", uefi=MARKER)
def no_protective(path):
    put(path, 446, bytes(64))


@broken("disk-gpt-no-mbr.img", "a valid GPT below an empty sector", uefi=MARKER)
def no_mbr(path):
    put(path, 0, bytes(512))


@broken("disk-gpt-hybrid-mbr.img", "0xEE and a real 0xEF entry, as gdisk's hybrid MBR", uefi=MARKER)
def hybrid_mbr(path):
    write_mbr(path, mbr_entry(False, 0xEE, 1, 2047), mbr_entry(True, 0xEF, 2048, 33 * 2048))


@broken("disk-protective-only.img", "a protective MBR and no GPT at all")
def protective_only(path):
    put(path, 512, bytes(33 * 512))
    put(path, path.stat().st_size - 33 * 512, bytes(33 * 512))


@broken("disk-gpt-truncated.img", "cut off 20 MiB before the end that the header states")
def truncated(path):
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size - 20 * MIB)


def mbr_disk(shop, path, kind, files, *, active=True, code=None, mib=40, bits=32, start=2048):
    """A disk with one FAT partition."""
    blank(path, mib * MIB)
    sectors = mib * 2048 - start
    write_mbr(path, mbr_entry(active, kind, start, sectors), code=code)
    part = shop.cache / "part.img"
    fat_image(part, sectors // 2, files, shop, bits=bits, hidden=start)
    insert(path, start * 512, part)


def install_syslinux(shop, path, offset):
    run(shop.package_file("usr/bin/syslinux"), "--install", "--offset", offset, path)


@image("disk-mbr-syslinux.img", "disk", **BOTH, note="mbr.bin, active FAT32 with SYSLINUX and an EFI loader")
def mbr_syslinux(shop, path):
    mbr_disk(shop, path, 0x0C, {**uefi_files("x64"), "syslinux.cfg": SYSLINUX_CONFIG}, code=MBR_BIN.read_bytes())
    install_syslinux(shop, path, MIB)


@image("disk-mbr-syslinux-inactive.img", "disk", uefi=MARKER, note="mbr.bin but no active partition")
def mbr_inactive(shop, path):
    mbr_disk(shop, path, 0x0C, {**uefi_files("x64"), "syslinux.cfg": SYSLINUX_CONFIG}, code=MBR_BIN.read_bytes(),
             active=False)
    install_syslinux(shop, path, MIB)


@image("disk-mbr-esp.img", "disk", uefi=MARKER, note="no code; a 0xEF partition")
def mbr_esp(shop, path):
    mbr_disk(shop, path, 0xEF, uefi_files("x64"), active=False)


@image("disk-mbr-active-no-code.img", "disk", note="an active partition with SYSLINUX, but no code in the MBR")
def mbr_no_code(shop, path):
    mbr_disk(shop, path, 0x0C, {"syslinux.cfg": SYSLINUX_CONFIG})
    install_syslinux(shop, path, MIB)


@image("disk-mbr-stub.img", "disk", note="mbr.bin, active partition with the message of mkfs.fat only")
def mbr_stub(shop, path):
    mbr_disk(shop, path, 0x0C, {"readme.txt": b"x"}, code=MBR_BIN.read_bytes())


@image("disk-mbr-windows-like.img", "disk", bios=MARKER, note="code with the first bytes and texts of Windows' MBR")
def mbr_windows(shop, path):
    mbr_disk(shop, path, 0x0C, {"bootmgr": b"x" * 600}, code=chain_mbr(WINDOWS_PREFIX))
    put(path, MIB, boot_sector(prefix=get(path, MIB, 90)))


@image("disk-mbr-unknown-code.img", "disk", bios=MARKER, note="code that nobody knows, which boots")
def mbr_unknown(shop, path):
    blank(path, 4 * MIB)
    write_mbr(path, mbr_entry(True, 0x83, 2048, 6144), code=boot_sector()[:440])


@image("disk-mbr-garbage-code.img", "disk", note="an endless loop as code")
def mbr_garbage(shop, path):
    blank(path, 4 * MIB)
    write_mbr(path, mbr_entry(True, 0x83, 2048, 6144), code=b"\xEB\xFE" + b"\x90" * 100)


@image("disk-mbr-grub.img", "disk", bios=MARKER, note="GRUB's boot.img and core.img, as grub-install leaves them")
def mbr_grub(shop, path):
    blank(path, 8 * MIB)
    write_mbr(path, mbr_entry(True, 0x83, 2048, 8 * 2048 - 2048),
              code=Path("/usr/lib/grub/i386-pc/boot.img").read_bytes())
    insert(path, 512, grub_core(shop, "i386-pc"))


@image("disk-mbr-grub-no-core.img", "disk", needs=["disk-mbr-grub.img"], note="GRUB's boot.img, core.img is missing")
def mbr_grub_no_core(shop, path):
    blank(path, 8 * MIB)
    put(path, 0, get(shop.output / "disk-mbr-grub.img", 0, 512))


@image("disk-mbr-raspberry.img", "disk", note="Raspberry Pi OS: FAT with bootcode.bin and an ext4, no PC loader")
def raspberry(shop, path):
    blank(path, 48 * MIB)
    write_mbr(path, mbr_entry(False, 0x0C, 2048, 34 * 2048), mbr_entry(False, 0x83, 36 * 2048, 8 * 2048))
    part = shop.cache / "part.img"
    fat_image(part, 34 * 1024, {"bootcode.bin": b"x" * 5000, "start4.elf": b"\x7FELF", "config.txt": b"arm_64bit=1\n",
                                "kernel8.img": b"x"}, shop, bits=32, label="bootfs")
    insert(path, MIB, part)


@image("disk-mbr-logical.img", "disk", uefi=MARKER, note="an ESP as the second logical partition")
def logical(shop, path):
    blank(path, 48 * MIB)
    sfdisk(path, "label: dos\nlabel-id: 0x11223344\nstart=2048, size=8192, type=83\nstart=10240, type=5\n"
                 "start=12288, size=4096, type=83\nstart=20480, size=69632, type=ef\n")
    part = shop.cache / "part.img"
    fat_image(part, 34 * 1024, uefi_files("x64"), shop, bits=32)
    insert(path, 20480 * 512, part)


@image("disk-mbr-4096.img", "disk", sector=4096, note="an MBR whose numbers only make sense in sectors of 4096 bytes")
def mbr_4096(shop, path):
    blank(path, 40 * MIB)
    write_mbr(path, mbr_entry(False, 0xEF, 256, 39 * 256))
    part = shop.cache / "part.img"
    fat_image(part, 39 * 1024, uefi_files("x64"), shop, bits=16, sector=4096)
    insert(path, MIB, part)


@image("disk-mbr-empty.img", "disk", note="an MBR signature and nothing else")
def mbr_empty(shop, path):
    blank(path, 4 * MIB)
    put(path, 510, b"\x55\xAA")


@image("disk-freebsd-memstick.img", "disk", uefi=MARKER, note="MBR with 0xEF and 0xA5, unknown code")
def freebsd_memstick(shop, path):
    blank(path, 8 * MIB)
    write_mbr(path, mbr_entry(False, 0xEF, 1, 4096), mbr_entry(True, 0xA5, 4097, 8192),
              code=bytes.fromhex("FC31C08EC08ED88ED0BC007C F4EBFD"))
    part = shop.cache / "part.img"
    fat_image(part, 2048, uefi_files("x64"), shop, bits=12)
    insert(path, 512, part)


@image("disk-apm.img", "disk", note="an Apple partition map alone")
def apm(shop, path):
    blank(path, 4 * MIB)
    put(path, 0, struct.pack(">2sHI", b"ER", 512, 4 * 2048))
    entries = [(1, 63, b"Apple", b"Apple_partition_map"), (64, 8000, b"disk", b"Apple_HFS")]
    for index, (start, count, name, kind) in enumerate(entries):
        put(path, 512 * (index + 1), struct.pack(">2sHIII32s32s", b"PM", 0, len(entries), start, count, name, kind))


# File systems without a table.

def superfloppy(name, kib, bits, *, syslinux, uefi, note):
    facts = {"bios": MARKER if syslinux else None, "uefi": MARKER if uefi else None}

    @image(name, "superfloppy", **facts, note=note)
    def build(shop, path):
        files = {"readme.txt": b"x\n"}
        if uefi:
            files |= uefi_files("x64")
        if syslinux:
            files["syslinux.cfg"] = SYSLINUX_CONFIG
        fat_image(path, kib, files, shop, bits=bits)
        if syslinux:
            run(shop.package_file("usr/bin/syslinux"), "--install", path)


superfloppy("fat12.img", 1440, 12, syslinux=False, uefi=False, note="FAT12, mkfs.fat's message as boot code")
superfloppy("fat12-syslinux.img", 1440, 12, syslinux=True, uefi=False, note="FAT12 with SYSLINUX")
superfloppy("fat16.img", 16384, 16, syslinux=False, uefi=False, note="FAT16, mkfs.fat's message as boot code")
superfloppy("fat16-syslinux.img", 16384, 16, syslinux=True, uefi=False, note="FAT16 with SYSLINUX")
superfloppy("fat16-uefi.img", 16384, 16, syslinux=False, uefi=True, note="FAT16 with an EFI loader")
superfloppy("fat32.img", 40960, 32, syslinux=False, uefi=False, note="FAT32, mkfs.fat's message as boot code")
superfloppy("fat32-syslinux-uefi.img", 40960, 32, syslinux=True, uefi=True, note="FAT32 with SYSLINUX and a loader")
superfloppy("fat32-uefi.img", 40960, 32, syslinux=False, uefi=True, note="FAT32 with an EFI loader")


@image("fat12-unknown-code.img", "superfloppy", bios=MARKER, note="FAT12 with unknown boot code, which boots")
def fat_unknown(shop, path):
    fat_image(path, 1440, {"readme.txt": b"x"}, shop, bits=12)
    put(path, 0, boot_sector(prefix=get(path, 0, 62)))


@image("ext4.img", "data", note="ext4 without a table")
def ext4(shop, path):
    blank(path, 8 * MIB)
    run("mkfs.ext4", "-q", "-F", "-L", "BURIN", "-U", "0b0b0b0b-0000-4000-8000-000000000003", path)


@image("btrfs.img", "data", note="btrfs without a table")
def btrfs(shop, path):
    blank(path, 128 * MIB)
    run("mkfs.btrfs", "-q", "-f", "-L", "BURIN", path)


@image("ntfs.img", "data", note="NTFS without a table")
def ntfs(shop, path):
    blank(path, 8 * MIB)
    run("mkntfs", "-q", "-F", "-Q", "-s", "512", "-p", "0", "-H", "16", "-S", "63", "-L", "BURIN", path)


@image("exfat.img", "data", note="exFAT without a table")
def exfat(shop, path):
    blank(path, 8 * MIB)
    run("mkfs.exfat", "-L", "BURIN", path)


@image("squashfs.img", "data", note="squashfs")
def squashfs(shop, path):
    tree = shop.tree("squash", {"a.txt": b"a" * 100000})
    run("mksquashfs", tree, path, "-quiet", "-no-progress", "-all-root")


@image("swap.img", "data", note="swap space")
def swap(shop, path):
    blank(path, 8 * MIB)
    run("mkswap", "-U", "0b0b0b0b-0000-4000-8000-000000000004", path)


@image("empty.img", "data", note="no byte at all")
def empty(shop, path):
    blank(path, 0)


@image("one-byte.img", "data", note="one byte")
def one_byte(shop, path):
    path.write_bytes(b"\xEB")


@image("511-bytes.img", "data", note="one byte less than a sector")
def almost_sector(shop, path):
    path.write_bytes(boot_sector()[:511])


@image("one-sector.img", "data", bios=MARKER, note="a boot sector and nothing else")
def one_sector(shop, path):
    path.write_bytes(boot_sector())


@image("text.img", "data", note="a text")
def text(shop, path):
    path.write_bytes(b"This is not an image.\n" * 4000)


@image("error-page.iso", "data", note="an HTML page saved as an ISO")
def html(shop, path):
    path.write_bytes(b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n")


@image("zeros.img", "data", note="zeros")
def zeros(shop, path):
    blank(path, 4 * MIB)


@image("elf.img", "data", note="a program for Linux")
def elf(shop, path):
    copy(Path("/bin/true"), path)


@image("program.efi", "data", note="an EFI program")
def program(shop, path):
    path.write_bytes(efi_program("x64"))
