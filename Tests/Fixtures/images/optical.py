"""Ways to call the tools that master ISO images, shared by the layouts."""

from pathlib import Path

from .loaders import grub_core
from .workshop import EPOCH, Workshop, run

ISOHDPFX = "/usr/lib/ISOLINUX/isohdpfx.bin"
GRUB_HYBRID = "/usr/lib/grub/i386-pc/boot_hybrid.img"
ESP_GUID = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BASIC_DATA_GUID = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
README = {"README.txt": b"made for the tests of burin\n"}
LOADED = ["-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
ISOLINUX = ["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", *LOADED]
NEXT = ["-eltorito-alt-boot"]
# An ESP that lies in the tree, as most distributions have it.
EFI_IN_TREE = [*NEXT, "-e", "boot/grub/efi.img", "-no-emul-boot"]


def master(path: Path, tree: Path, label: str, *options):
    """xorriso in the role of mkisofs."""
    run("xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", label, "-o", path,
        "--set_all_file_dates", "set_to_mtime", *options, tree)


def master_old(path: Path, tree: Path, label: str, *options):
    """genisoimage, whose images differ from xorriso's in many small ways."""
    run("genisoimage", "-quiet", "-r", "-V", label, "-o", path, *options, tree)


def grub_files(shop: Workshop, place: str = "boot/grub/i386-pc/eltorito.img") -> dict:
    """GRUB's El Torito image in the tree."""
    return {place: grub_core(shop, "i386-pc-eltorito")}


def grub_options(place: str = "boot/grub/i386-pc/eltorito.img", hybrid: bool = True) -> list[str]:
    """The options for a GRUB that boots from disc and, with `hybrid`, from a stick."""
    mbr = ["--grub2-mbr", GRUB_HYBRID] if hybrid else []
    return [*mbr, "-b", place, "-c", "boot.catalog", *LOADED, "--grub2-boot-info"]


def appended(esp: Path, guid: str = ESP_GUID, as_gpt: bool = True, interval: str = ":all::") -> list[str]:
    """An ESP appended behind the ISO as partition 2, used by El Torito too."""
    table = ["-appended_part_as_gpt"] if as_gpt else []
    return ["-append_partition", "2", guid, str(esp), *table,
            *NEXT, "-e", f"--interval:appended_partition_2{interval}", "-no-emul-boot"]


__all__ = [name for name in dir() if name.isupper()] + ["EPOCH", "master", "master_old", "grub_files", "grub_options",
                                                        "appended"]
