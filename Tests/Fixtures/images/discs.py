"""Discs that no distribution ships as such: plain, emulating, Windows-like, UDF, and only half bootable."""

import struct

from .loaders import boot_sector, efi_program, fat_image, isolinux_files, uefi_files
from .optical import (EFI_IN_TREE, ISOHDPFX, ISOLINUX, LOADED, NEXT, README, appended, grub_files, grub_options,
                      master, master_old)
from .registry import MARKER, image
from .tables import mbr_entry, write_mbr
from .workshop import blank, copy, get, put, run

BOTH = {"bios": MARKER, "uefi": MARKER}


def esp(shop, kib, files, **options):
    path = shop.cache / "esp.img"
    fat_image(path, kib, files, shop, **options)
    return path


@image("plain.iso", "disc", **BOTH, note="El Torito for both, nothing in the system area: not hybrid")
def plain(shop, path):
    tree = shop.tree("plain", {**README, **isolinux_files(), **uefi_files("x64"),
                               "boot/grub/efi.img": esp(shop, 2048, uefi_files("x64"))})
    master_old(path, tree, "PLAIN", "-J", *ISOLINUX, *NEXT, "-e", "boot/grub/efi.img", "-no-emul-boot")


@image("plain-bios.iso", "disc", bios=MARKER, note="El Torito for BIOS only: not hybrid")
def plain_bios(shop, path):
    master(path, shop.tree("plain", {**README, **isolinux_files()}), "PLAIN-BIOS", "-J", *ISOLINUX)


@image("plain-uefi.iso", "disc", uefi=MARKER, note="El Torito for UEFI only, no table, loader not in the tree")
def plain_uefi(shop, path):
    tree = shop.tree("plain", {**README, "efi.img": esp(shop, 2048, uefi_files("x64"))})
    master(path, tree, "PLAIN-UEFI", "-e", "efi.img", "-no-emul-boot")


@image("ia32-uefi-only.iso", "disc", uefi=MARKER, note="a loader for ia32 UEFI and nothing else, with 0xEF")
def ia32(shop, path):
    tree = shop.tree("ia32", {**README, **uefi_files("ia32")})
    master(path, tree, "IA32-ONLY", *appended(esp(shop, 2048, uefi_files("ia32")), guid="0xef", as_gpt=False)[0:4],
           "-e", "--interval:appended_partition_2:all::", "-no-emul-boot")


@image("aarch64-only.iso", "disc", uefi=MARKER, note="a loader for aa64 UEFI and nothing else, in a GPT")
def aarch64(shop, path):
    tree = shop.tree("aa64", {**README, **uefi_files("aa64")})
    options = appended(esp(shop, 2048, uefi_files("aa64")))
    options.remove("-eltorito-alt-boot")
    master(path, tree, "AA64-ONLY", *options)


@image("riscv-loong-arm.iso", "disc", note="loaders for riscv64, loongarch64 and arm in one ESP")
def others(shop, path):
    files = uefi_files("riscv64", "loongarch64", "arm")
    options = appended(esp(shop, 2048, files))
    options.remove("-eltorito-alt-boot")
    master(path, shop.tree("others", {**README, **files}), "OTHERS", *options)


@image("bios-hybrid-only.iso", "disc", bios=MARKER, note="isohybrid, BIOS only")
def bios_hybrid(shop, path):
    master(path, shop.tree("hybrid", {**README, **isolinux_files()}), "BIOS-HYBRID", "-J", "-isohybrid-mbr", ISOHDPFX,
           *ISOLINUX)


@image("isohybrid-plain.iso", "disc", bios=MARKER, note="genisoimage and isohybrid without options: type 0x17")
def isohybrid_plain(shop, path):
    master_old(path, shop.tree("hybrid", {**README, **isolinux_files()}), "ISOHYBRID-17", *ISOLINUX)
    run("isohybrid", "-i", "0x12345678", path)


@image("isohybrid-moved.iso", "disc", bios=None, uefi=None, needs=["bios-hybrid-only.iso"],
       note="isohybrid code that points at the wrong place: dies on a stick, boots as a disc")
def isohybrid_moved(shop, path):
    copy(shop.output / "bios-hybrid-only.iso", path)
    put(path, 432, struct.pack("<I", 68))


@image("esp-in-table-only.iso", "disc", uefi=MARKER, note="an appended 0xEF partition and no El Torito at all")
def esp_table_only(shop, path):
    master(path, shop.tree("tableonly", README), "TABLE-ONLY", "-append_partition", "2", "0xef",
           esp(shop, 2048, uefi_files("x64")))


@image("esp-without-loader.iso", "disc", bios=MARKER, note="an ESP that holds a text file only")
def esp_empty(shop, path):
    tree = shop.tree("noloader", {**README, **isolinux_files(), **uefi_files("x64"),
                                  "boot/grub/efi.img": esp(shop, 2048, README)})
    master(path, tree, "NO-LOADER", "-isohybrid-mbr", ISOHDPFX, *ISOLINUX, *EFI_IN_TREE, "-isohybrid-gpt-basdat")


@image("esp-wrong-machine.iso", "disc", bios=MARKER, note="BOOTX64.EFI is a program for ia32")
def esp_wrong_machine(shop, path):
    wrong = {"EFI/BOOT/BOOTX64.EFI": efi_program("ia32")}
    tree = shop.tree("wrong", {**README, **isolinux_files(), "boot/grub/efi.img": esp(shop, 2048, wrong)})
    master(path, tree, "WRONG-MACHINE", "-isohybrid-mbr", ISOHDPFX, *ISOLINUX, *EFI_IN_TREE, "-isohybrid-gpt-basdat")


@image("data.iso", "data", note="no El Torito; Joliet and Rock Ridge")
def data(shop, path):
    master(path, shop.tree("data", {**README, "a/b/c/deep.txt": b"x" * 5000}), "DATA", "-J")


@image("data-loader-in-tree.iso", "data", note="no El Torito, an EFI loader in the tree: copying the files would boot")
def data_with_loader(shop, path):
    master(path, shop.tree("data", {**README, **uefi_files("x64")}), "COPY-ME", "-J")


@image("data-joliet-levels.iso", "data", note="genisoimage with Joliet level 1, no Rock Ridge, ISO 9660:1999")
def joliet(shop, path):
    tree = shop.tree("joliet", {**README, "Lange Namen mit Umlaut \u00e4.txt": b"x"})
    run("genisoimage", "-quiet", "-J", "-ucs-level", "1", "-iso-level", "4", "-V", "JOLIET1", "-o", path, tree)


@image("data-joliet-2.iso", "data", note="genisoimage with Joliet level 2")
def joliet_2(shop, path):
    run("genisoimage", "-quiet", "-J", "-ucs-level", "2", "-V", "JOLIET2", "-o", path, shop.tree("joliet2", README))


@image("data-multi-extent.iso", "data", note="a file of 4.1 GiB, all holes, in several extents")
def multi_extent(shop, path):
    tree = shop.tree("extents", README)
    blank(tree / "big.bin", 4_400_000_000)
    # The file is holes, but xorriso writes its zeros; only the head is kept: a truncated image as from a
    # broken download, with the sizes of a whole one.
    run("sh", "-c", 'xorriso -as mkisofs -quiet -r -J -iso-level 3 -V EXTENTS "$1" | head -c 1048576 > "$2"; true',
        "sh", tree, path)


@image("memtest-like-floppy.iso", "disc", bios=MARKER, note="El Torito floppy emulation 1.44M, not hybrid")
def floppy_emulation(shop, path):
    floppy(shop, path, 1440)


@image("floppy-288.iso", "disc", bios=MARKER, note="El Torito floppy emulation 2.88M")
def floppy_288(shop, path):
    floppy(shop, path, 2880)


@image("floppy-12.iso", "disc", bios=MARKER, note="El Torito floppy emulation 1.2M")
def floppy_12(shop, path):
    floppy(shop, path, 1200)


def floppy(shop, path, kib):
    disk = shop.cache / "floppy.img"
    blank(disk, kib * 1024)
    put(disk, 0, boot_sector())
    tree = shop.tree("floppy", {**README, "boot/floppy.img": disk})
    master_old(path, tree, f"FLOPPY{kib}", "-b", "boot/floppy.img", "-c", "boot/boot.cat")


@image("hard-disk-emulation.iso", "disc", bios=MARKER, note="El Torito hard-disk emulation, as on firmware CDs")
def hard_disk_emulation(shop, path):
    disk = shop.cache / "harddisk.img"
    blank(disk, 8 << 20)
    write_mbr(disk, mbr_entry(True, 0x06, 63, (8 << 11) - 63), code=boot_sector()[:440])
    tree = shop.tree("harddisk", {**README, "boot/harddisk.img": disk})
    master_old(path, tree, "HARDDISK", "-b", "boot/harddisk.img", "-c", "boot/boot.cat", "-hard-disk-boot")


def windows_tree(shop):
    etfsboot = bytes(boot_sector()).ljust(4096, b"\0")
    efisys = shop.cache / "efisys.bin"
    fat_image(efisys, 1440, uefi_files("x64"), shop, label="EFISECTOR")
    return shop.tree("windows", {
        "bootmgr": b"not the real one\n" * 100, "bootmgr.efi": efi_program("x64"),
        "efi/boot/bootx64.efi": efi_program("x64"), "boot/etfsboot.com": etfsboot, "boot/bcd": b"regf" + bytes(4092),
        "efi/microsoft/boot/efisys.bin": efisys, "sources/boot.wim": b"MSWIM\0\0\0" + bytes(8184),
        "sources/install.wim": b"MSWIM\0\0\0" + bytes(65528), "setup.exe": b"MZ" + bytes(510)})


WINDOWS = ["-iso-level", "3", "-b", "boot/etfsboot.com", "-no-emul-boot", "-boot-load-size", "8", *NEXT,
           "-e", "efi/microsoft/boot/efisys.bin", "-no-emul-boot"]


@image("windows-layout.iso", "disc", **BOTH, note="UDF bridge with bootmgr and install.wim, 32 KiB of zeros in front")
def windows(shop, path):
    run("genisoimage", "-quiet", "-udf", "-J", "-V", "CCCOMA_X64FRE_EN-US_DV9", *WINDOWS, "-o", path,
        windows_tree(shop))


@image("windows-udf-tree.iso", "disc", **BOTH, note="as Microsoft's: the ISO 9660 tree holds README.TXT only")
def windows_hidden(shop, path):
    tree = windows_tree(shop)
    (tree / "README.TXT").write_bytes(b"This disc contains a UDF file system.\r\n")
    hide = []
    for name in ("boot", "efi", "sources", "bootmgr", "bootmgr.efi", "setup.exe"):
        hide += ["-hide", name, "-hide-joliet", name]
    run("genisoimage", "-quiet", "-udf", "-V", "CCCOMA_X64FRE_EN-US_DV9", *hide, *WINDOWS, "-o", path, tree)


@image("windows-repacked-hybrid.iso", "disc", **BOTH, note="a repacker made it hybrid; still a file-copy image")
def windows_hybrid(shop, path):
    tree = windows_tree(shop)
    for name, content in isolinux_files().items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    master(path, tree, "WIN-REPACKED", "-J", "-iso-level", "3", "-isohybrid-mbr", ISOHDPFX, *ISOLINUX, *NEXT,
           "-e", "efi/microsoft/boot/efisys.bin", "-no-emul-boot", "-isohybrid-gpt-basdat")


@image("udf-bridge-data.iso", "data", note="UDF bridge without anything to boot")
def udf_bridge(shop, path):
    run("genisoimage", "-quiet", "-udf", "-r", "-J", "-V", "BRIDGE", "-o", path, shop.tree("bridge", README))


def pure_udf(path, block, revision, media="hd"):
    blank(path, 16 << 20)
    run("mkudffs", "--media-type", media, "--blocksize", block, "--udfrev", revision, "--label", "PUREUDF",
        "--uuid", "0123456789abcdef", path)


@image("udf-102-2048.img", "data", note="pure UDF 1.02, blocks of 2048 bytes")
def udf_102(shop, path):
    pure_udf(path, 2048, "0x0102")


@image("udf-201-512.img", "data", note="pure UDF 2.01, blocks of 512 bytes, as on a stick")
def udf_201(shop, path):
    pure_udf(path, 512, "0x0201")


@image("udf-201-4096.img", "data", note="pure UDF 2.01, blocks of 4096 bytes")
def udf_4096(shop, path):
    pure_udf(path, 4096, "0x0201")


@image("udf-150-cdr.img", "data", note="pure UDF 1.50 for CD-R")
def udf_150(shop, path):
    pure_udf(path, 2048, "0x0150", "dvd")


@image("grub-plain.iso", "disc", bios=MARKER, note="GRUB for BIOS from disc only; no MBR code")
def grub_plain(shop, path):
    master(path, shop.tree("grub", {**README, **grub_files(shop)}), "GRUB-PLAIN", *grub_options(hybrid=False))


@image("grub-hybrid-moved.iso", "disc", bios=None, note="GRUB hybrid code whose pointer leads nowhere")
def grub_hybrid_moved(shop, path):
    master(path, shop.tree("grub", {**README, **grub_files(shop)}), "GRUB-MOVED", *grub_options())
    put(path, 0x1B0, struct.pack("<Q", 40000))


@image("eltorito-bad-checksum.iso", "disc", **BOTH, needs=["plain.iso"],
       note="the validation entry's checksum is wrong: EDK2 refuses, BIOSes take it")
def bad_checksum(shop, path):
    copy(shop.output / "plain.iso", path)
    catalog = struct.unpack("<I", get(path, 17 * 2048 + 71, 4))[0] * 2048
    put(path, catalog + 4, b"broken")


@image("apm-only.iso", "disc", note="an APM with HFS+ and no MBR")
def apm_only(shop, path):
    run("xorriso", "-as", "mkisofs", "-quiet", "-r", "-hfsplus", "-V", "APMONLY", "-o", path,
        shop.tree("apm", README))


@image("hybrid-type-0x00-inactive.iso", "disc", **BOTH, needs=["debian-live-layout.iso"],
       note="isohybrid whose ISO entry has lost its active flag")
def inactive(shop, path):
    copy(shop.output / "debian-live-layout.iso", path)
    put(path, 446, b"\0")


@image("gpt-esp-only-in-gpt.iso", "disc", **BOTH, needs=["debian-live-layout.iso"],
       note="0xEF taken out of the MBR: the ESP stands only in a GPT that has no protective MBR")
def esp_only_in_gpt(shop, path):
    copy(shop.output / "debian-live-layout.iso", path)
    put(path, 446 + 16, bytes(16))

