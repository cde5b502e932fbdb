"""Compressed images, archives and disk containers: not the disk's bytes themselves."""

import bz2
import gzip
import lzma
import struct
import zipfile

from .registry import image
from .workshop import run

SOURCE = "disk-mbr-grub.img"
SMALL = "bios-hybrid-only.iso"


def container(name, note, source=SOURCE):
    """An image made from another one."""
    def register(make):
        @image(name, "container", needs=[source], note=note)
        def build(shop, path):
            make(shop.output / source, path)
        return make
    return register


@container("disk.img.gz", "gzip with the file's name")
def with_gzip(source, path):
    with open(path, "wb") as file, gzip.GzipFile("disk.img", "wb", 6, file, mtime=0) as stream:
        stream.write(source.read_bytes())


@container("disk.img.bz2", "bzip2")
def with_bzip2(source, path):
    path.write_bytes(bz2.compress(source.read_bytes()))


@container("disk.img.xz", "xz")
def with_xz(source, path):
    path.write_bytes(lzma.compress(source.read_bytes(), preset=1))


@container("disk.img.lzma", "the old lzma format, which has no magic number")
def with_lzma(source, path):
    path.write_bytes(lzma.compress(source.read_bytes(), format=lzma.FORMAT_ALONE, preset=1))


@container("disk.img.zst", "zstd")
def with_zstd(source, path):
    run("zstd", "-q", "-1", source, "-o", path)


@container("disk.img.lz4", "lz4")
def with_lz4(source, path):
    run("lz4", "-q", "-1", source, path)


@container("disk.zip", "zip with one image in it")
def with_zip(source, path):
    entry = zipfile.ZipInfo("disk.img", (2024, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED)


@container("disk.7z", "the start of a 7z archive: no packer is needed to recognise it", SMALL)
def with_7z(source, path):
    path.write_bytes(b"7z\xBC\xAF\x27\x1C\0\4" + bytes(24) + source.read_bytes()[:4096])


@container("named-wrongly.iso", "a gzip stream that is named as an ISO", SMALL)
def named_wrongly(source, path):
    with_gzip(source, path)


@container("gz-truncated.img.gz", "gzip, cut off in the middle")
def gzip_truncated(source, path):
    with_gzip(source, path)
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2)


def qemu_img(name, form, note, *options):
    @container(name, note)
    def build(source, path):
        run("qemu-img", "convert", "-f", "raw", "-O", form, *options, source, path)


qemu_img("disk.qcow2", "qcow2", "qcow2")
qemu_img("disk-compressed.qcow2", "qcow2", "qcow2 with compressed clusters", "-c")
qemu_img("disk.vmdk", "vmdk", "sparse VMDK")
qemu_img("disk-stream.vmdk", "vmdk", "stream-optimised VMDK", "-o", "subformat=streamOptimized")
qemu_img("disk.vdi", "vdi", "VDI")
qemu_img("disk.vhd", "vpc", "dynamic VHD")
qemu_img("disk-fixed.vhd", "vpc", "fixed VHD: the disk's bytes and a footer", "-o", "subformat=fixed,force_size=on")
qemu_img("disk.vhdx", "vhdx", "VHDX")


@container("disk.dmg", "a disk with the trailer of an Apple disk image", SMALL)
def dmg(source, path):
    path.write_bytes(source.read_bytes() + (b"koly" + struct.pack(">II", 4, 512)).ljust(512, b"\0"))


@container("disk.wim", "the start of a Windows image", SMALL)
def wim(source, path):
    path.write_bytes(b"MSWIM\0\0\0" + bytes(4088))


@container("disk-android-sparse.img", "an Android sparse image", SMALL)
def android_sparse(source, path):
    data = source.read_bytes()[:65536]
    header = struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, 4096, 16, 1, 0)
    path.write_bytes(header + struct.pack("<HHII", 0xCAC1, 0, 16, 12 + len(data)) + data)


@container("raw-sectors.bin", "sectors of 2352 bytes, as in a BIN/CUE image", SMALL)
def raw_sectors(source, path):
    data = source.read_bytes()[:512 * 1024]
    sync = b"\0" + b"\xFF" * 10 + b"\0"
    with open(path, "wb") as file:
        for number in range(len(data) // 2048):
            minute, second = divmod(number + 150, 75 * 60)
            second, frame = divmod(second, 75)
            place = bytes(int(str(value), 16) for value in (minute, second, frame))
            file.write(sync + place + b"\1" + data[number * 2048:][:2048] + bytes(288))
