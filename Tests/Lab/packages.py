"""What the lab needs: Debian packages of the host, and packages unpacked for the guest only."""

import os
import shutil

# A file that must exist on the host -> the Debian package that brings it.
HOST = {
    "qemu-system-x86_64": "qemu-system-x86",
    "/usr/share/OVMF/OVMF_CODE_4M.fd": "ovmf",
    "/usr/share/OVMF/OVMF_CODE_4M.ms.fd": "ovmf",
    "/usr/share/OVMF/OVMF_VARS_4M.ms.fd": "ovmf",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "ldd": "libc-bin",
    "busybox": "busybox-static",
    "bash": "bash",
    "udevadm": "udev",
    "kmod": "kmod",
    "depmod": "kmod",
    "mount": "mount",
    "losetup": "mount",
    "lsblk": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "script": "bsdutils",
    "tmux": "tmux",
    "strace": "strace",
    "/usr/lib/python3/dist-packages/pyte/__init__.py": "python3-pyte",
    "sfdisk": "fdisk",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "zstd": "zstd",
    "lz4": "lz4",
    "openssl": "openssl",
    "/usr/lib/x86_64-linux-gnu/libcurl.so.4": "libcurl4",
    "xorriso": "xorriso",
    "grub-mkrescue": "grub-common",
    "mformat": "mtools",
    "/usr/lib/grub/i386-pc/boot_hybrid.img": "grub-pc-bin",
    "/usr/lib/grub/x86_64-efi/moddep.lst": "grub-efi-amd64-bin",
}

# Unpacked into the cache, never installed: the guest's kernel and its storage tools.
KERNELS = ("linux-image-amd64", "linux-image-generic", "linux-image-virtual")
GUEST = ("cryptsetup-bin", "lvm2", "dmsetup", "btrfs-progs", "bcache-tools")
# The same, into one machine only: what a desktop has besides.
DESKTOP = ("dbus-daemon", "dbus-bin", "polkitd", "udisks2")

# Sources of images whose written sticks are booted.
IMAGES = ("memtest86+", "grub-rescue-pc", "ipxe", "shim-signed", "grub-efi-amd64-signed")


def names():
    """Package names to install, sorted."""
    return sorted(set(HOST.values()))


def find(tool):
    """Path of a tool; administrators' folders count even for other people."""
    if tool.startswith("/"):
        return tool if os.path.exists(tool) else None
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin")


def missing():
    """Packages of which a file is missing."""
    return sorted({package for tool, package in HOST.items() if find(tool) is None})
