"""Real images as Debian ships them."""

from .registry import image
from .workshop import copy

SOURCES = {
    "memtest86+.iso": ("usr/lib/memtest86+/memtest86+x64.iso", "Memtest86+", "Memtest86+", "its own MBR loader"),
    "memtest86+ia32.iso": ("usr/lib/memtest86+/memtest86+ia32.iso", "Memtest86+", "Memtest86+", "UEFI on ia32 only"),
    "grub-rescue-cdrom.iso": ("usr/lib/grub-rescue/grub-rescue-cdrom.iso", "GNU GRUB", None, "GRUB hybrid"),
    "grub-rescue-floppy.img": ("usr/lib/grub-rescue/grub-rescue-floppy.img", "GNU GRUB", None, "no table"),
    "ipxe.iso": (
        "usr/lib/ipxe/ipxe.iso", "iPXE initialising", "iPXE initialising",
        "isohybrid without an ESP partition"),
    "ipxe.efi": ("boot/ipxe.efi", None, None, "a program, not an image"),
    "ipxe.lkrn": ("boot/ipxe.lkrn", None, None, "a Linux kernel image for a boot loader"),
    "ipxe.pxe": ("usr/lib/ipxe/ipxe.pxe", None, None, "for an option ROM"),
    "undionly.kpxe": ("usr/lib/ipxe/undionly.kpxe", None, None, "for PXE"),
}


def register(name: str, source: str, bios: str | None, uefi: str | None, note: str):
    @image(name, "real", bios=bios, uefi=uefi, note=note)
    def build(shop, path):
        copy(shop.package_file(source), path)


for name, facts in SOURCES.items():
    register(name, *facts)
