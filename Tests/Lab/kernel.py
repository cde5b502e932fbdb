"""The guest's kernel: the ELF inside vmlinuz, which QEMU starts by PVH without boot loader or unpacking."""

import dataclasses
import glob
import lzma
import os
import struct
import subprocess
import zlib

# XEN_ELFNOTE_PHYS32_ENTRY with an entry of 4 or 8 bytes.
PVH_NOTES = [struct.pack("<III", 4, size, 18) + b"Xen\0" for size in (4, 8)]


def _run(tool, data):
    return subprocess.run([tool, "-dc"], input=data, capture_output=True, check=False).stdout


def _decompress(payload):
    """The payload of a bzImage, whichever of the kernel's compressions it has."""
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd"):
        return _run("zstd", payload)
    if payload.startswith(b"\x02\x21\x4c\x18"):
        return _run("lz4", payload)
    return b""


def inner_elf(vmlinuz):
    """The ELF with a PVH entry, or None when there is none."""
    with open(vmlinuz, "rb") as file:
        image = file.read()
    if image[0x202:0x206] != b"HdrS":
        return None
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    elf = _decompress(image[start:start + length])
    return elf if elf.startswith(b"\x7fELF") and any(note in elf for note in PVH_NOTES) else None


@dataclasses.dataclass
class Kernel:
    """One kernel in two forms."""

    elf: str        # starts at once, and ends where it should wake up: that way leads through the real mode
    packed: str     # the same as the distribution brings it
    release: str
    modules: str    # the folder of its modules


def prepare(root, folder):
    """Puts the kernel to start into `folder`; returns the Kernel."""
    vmlinuz = sorted(glob.glob(f"{root}/boot/vmlinuz-*"))[-1]
    release = os.path.basename(vmlinuz).split("-", 1)[1]
    modules = next(path for path in (f"{root}/usr/lib/modules/{release}", f"{root}/lib/modules/{release}")
                   if os.path.isdir(path))
    if not os.path.exists(f"{modules}/modules.dep.bin"):
        base = modules[:modules.index("/lib/modules/")]
        subprocess.run(["/sbin/depmod", "-b", base, release], check=True)
    target = os.path.join(folder, f"kernel-{release}")
    if not os.path.exists(target):
        elf = inner_elf(vmlinuz)
        if elf is None:
            print(f"lab: {vmlinuz} holds no PVH kernel; it boots through its own unpacker", flush=True)
            with open(vmlinuz, "rb") as file:
                elf = file.read()
        with open(target + ".new", "wb") as file:
            file.write(elf)
        os.rename(target + ".new", target)
    return Kernel(target, vmlinuz, release, modules)
