"""Tiny boot programs that print the marker, and real loaders where a firmware needs them.

The hand-made ones take a few hundred bytes, so that an image shows nothing but its layout, and a boot is decided
in a second.
"""

import struct
from pathlib import Path

from .registry import MARKER
from .workshop import Workshop, blank, put, run

# UEFI 2.10 section 3.5.1.1: the names that firmware looks for on removable media, and PE machine types.
UEFI_NAMES = {"x64": "BOOTX64.EFI", "ia32": "BOOTIA32.EFI", "aa64": "BOOTAA64.EFI", "riscv64": "BOOTRISCV64.EFI",
              "loongarch64": "BOOTLOONGARCH64.EFI", "arm": "BOOTARM.EFI"}
MACHINES = {"x64": 0x8664, "ia32": 0x14C, "aa64": 0xAA64, "riscv64": 0x5064, "loongarch64": 0x6264, "arm": 0x1C2}

# Each calls SystemTable->ConOut->OutputString(ConOut, text) and then waits for ever; the text follows the code.
# x64: the system table is in rdx, ConOut at 64, OutputString at 8 of it.
X64 = bytes.fromhex("4883EC28 488B4A40 488D1505000000 FF5108 EBFE")
# ia32: the arguments are on the stack; ConOut at 44, OutputString at 4 of it. call +0 finds out where the code is.
IA32 = bytes.fromhex("8B442408 8B402C E800000000 5A 83C20B 52 50 FF5004 EBFE")
# aa64: the system table is in x1.
AA64 = struct.pack("<6I", 0xF9402020, 0xF9400408, 0x10000081, 0xD63F0100, 0x14000000, 0xD503201F)
CODE = {"x64": X64, "ia32": IA32, "aa64": AA64}


def efi_program(architecture: str) -> bytes:
    """A PE file for this architecture that prints the marker; others only hold an endless nothing."""
    code = CODE.get(architecture, b"\0" * 16)
    code += f"{MARKER} uefi-{architecture}\r\n\0".encode("utf-16-le")
    wide = architecture not in ("ia32", "arm")
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, 0x200, 0, 0, 0x1000, 0x1000)
    optional += struct.pack("<Q", 0) if wide else struct.pack("<II", 0, 0)  # image base, in PE32 after the data base
    optional += struct.pack("<II6HIIIIHH", 0x1000, 0x200, 0, 0, 0, 0, 0, 0, 0, 0x2000, 0x200, 0, 10, 0)
    optional += struct.pack("<4Q" if wide else "<4I", 0, 0, 0, 0) + struct.pack("<II", 0, 16) + bytes(128)
    header = b"PE\0\0" + struct.pack("<HHIIIHH", MACHINES[architecture], 1, 0, 0, 0, len(optional), 0x206)
    section = struct.pack("<8sIIIIIIHHI", b".text", 0x200, 0x1000, 0x200, 0x200, 0, 0, 0, 0, 0x60000020)
    stub = b"MZ" + bytes(58) + struct.pack("<I", 64)
    return (stub + header + optional + section).ljust(0x200, b"\0") + code.ljust(0x200, b"\0")


def boot_sector(origin: int = 0x7C00, prefix: bytes = b"") -> bytes:
    """A boot sector that prints the marker through INT 10h and on the first serial port.

    `prefix` stands before the code (a BPB, with its jump, or a loader's well-known first bytes).
    """
    start = origin + len(prefix)
    code = bytes.fromhex("31C0 8ED8 8ED0 BC007C FC BE0000"  # registers; si = text, filled in below
                         "AC 84C0 740F"                      # next character, zero ends
                         "B40E BB0700 50 CD10 58"            # on the screen
                         "BAF803 EE EBEC"                    # on the serial port, and again
                         "F4 EBFD")
    code = code.replace(b"\xBE\0\0", b"\xBE" + struct.pack("<H", start + len(code)))
    code = prefix + code + f"{MARKER} bios\r\n\0".encode()
    return code.ljust(510, b"\0") + b"\x55\xAA"


def fat_image(path: Path, kib: int, files: dict[str, bytes | Path], shop: Workshop, bits: int | None = None,
              label: str = "BURIN-ESP", sector: int = 512, hidden: int = 0):
    """A FAT file system with these files."""
    blank(path, kib * 1024)
    width = ["-F", str(bits)] if bits else []
    if sector == 4096:
        width += ["-s", "1"]  # else there are too few clusters for FAT16
    run("mkfs.fat", "--invariant", "-n", label, "-S", sector, "-h", hidden, *width, path)
    fat_add(path, files, shop)


def fat_add(path: Path, files: dict[str, bytes | Path], shop: Workshop, offset: int = 0):
    """Copies files into a FAT file system."""
    if not files:
        return
    tree = shop.tree(f"fat-{path.name}", files)
    entries = sorted(tree.iterdir())
    run("mcopy", "-s", "-m", "-Q", "-i", f"{path}@@{offset}", *entries, "::/")


def uefi_files(*architectures: str) -> dict[str, bytes]:
    """The marker programs at the places where firmware looks."""
    return {f"EFI/BOOT/{UEFI_NAMES[name]}": efi_program(name) for name in architectures}


# Not on the serial port besides: under UEFI the console is there already, and GRUB's own driver of the port leaves
# out whatever a busy machine does not take within 50 ms.
GRUB_CONFIG = f"""for turn in 1 2 3 4 5 6; do
  echo "{MARKER} grub"
done
""".encode()

ISOLINUX_CONFIG = f"""SERIAL 0 115200
SAY {MARKER} bios
PROMPT 1
TIMEOUT 0
DEFAULT none
LABEL none
  LOCALBOOT -1
""".encode()


def signed_files(shop: Workshop) -> dict[str, Path]:
    """What Debian's installer has in its ESP: shim signed by Microsoft, GRUB signed by Debian."""
    return {"EFI/BOOT/BOOTX64.EFI": shop.package_file("usr/lib/shim/shimx64.efi.signed"),
            "EFI/BOOT/grubx64.efi": shop.package_file("usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed")}


def isolinux_files(directory: str = "isolinux") -> dict[str, bytes | Path]:
    """ISOLINUX with a configuration that prints the marker on screen and serial port."""
    return {f"{directory}/isolinux.bin": Path("/usr/lib/ISOLINUX/isolinux.bin"),
            f"{directory}/ldlinux.c32": Path("/usr/lib/syslinux/modules/bios/ldlinux.c32"),
            f"{directory}/isolinux.cfg": ISOLINUX_CONFIG}


def grub_core(shop: Workshop, kind: str) -> Path:
    """GRUB's core for a BIOS, `i386-pc` for disks or `i386-pc-eltorito` for El Torito, with the marker built in."""
    core = shop.cache / f"core-{kind}.img"
    if not core.exists():
        config = shop.cache / "core.cfg"
        config.write_bytes(GRUB_CONFIG)
        run("grub-mkimage", "-O", kind, "-o", core, "-p", "/boot/grub", "-c", config,
            "biosdisk", "iso9660", "fat", "part_msdos", "part_gpt", "serial", "terminal", "echo", "normal")
    return core


def chain_mbr(prefix: bytes) -> bytes:
    """440 bytes of MBR code that starts the first partition's boot sector through INT 13h extensions.

    It stands in for boot code that may not be copied here; `prefix` gives it that code's first bytes.
    """
    assert prefix.startswith(bytes.fromhex("33C0 8ED0 BC007C"))
    code = prefix + bytes.fromhex("8ED8 8EC0 FC"      # ds = es = 0 (prefix has cleared ax and set the stack)
                                  "BE007C BF0006 B90001 F3A5"  # moves itself to 0:600
                                  "EA")  # and goes on there
    code += struct.pack("<HH", 0x600 + len(code) + 4, 0)
    code += bytes.fromhex("66A1C607")  # eax = start of the first partition, at 600 + 1BE + 8
    # A disk address packet on the stack: size 16, one sector, to 0:7C00, at eax.
    code += bytes.fromhex("6631DB 6653 6650 53 68007C 6A01 6A10 89E6 B442 CD13 7205 EA007C0000 F4 EBFD")
    text = b"Invalid partition table\0Error loading operating system\0Missing operating system\0"
    return code.ljust(440 - len(text), b"\0") + text
