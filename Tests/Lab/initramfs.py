"""The guest's file system: Debian's udev, storage tools and drivers, all in memory."""

import glob
import hashlib
import os
import re
import shutil
import subprocess

import packages
from cpio import Archive

HERE = os.path.dirname(os.path.abspath(__file__))
LOADED_LATER = os.path.join(HERE, "../../packaging/loaded-later")

TOOLS = """bash udevadm kmod mount umount losetup swapon swapoff mkswap sfdisk wipefs blkid lsblk flock setpriv unshare nsenter
blockdev findmnt script setsid tmux prlimit mkfs.ext4 mkfs.vfat addpart partx chmem strace""".split()
GUEST_TOOLS = "cryptsetup lvm dmsetup mkfs.btrfs btrfs make-bcache".split()
UDEV_HELPERS = "ata_id scsi_id cdrom_id mtd_probe".split()

# Drivers wanted; what they need follows. udevd loads those that a device asks for.
MODULES = """virtio_pci virtio_console virtio_net 9p 9pnet_virtio usb_storage uas xhci_pci sd_mod sr_mod sdhci_pci mmc_block nvme
ahci virtio_blk virtio_scsi ext4 vfat exfat btrfs isofs udf nls_iso8859_1 nls_cp437 nls_utf8 nls_ascii dm_mod dm_crypt
dm_flakey loop overlay md_mod raid1 zram bcache target_core_mod target_core_file xts ecb aesni_intel aes_generic sha256_generic algif_skcipher crc32c_generic crc32c_intel
xxhash_generic blake2b_generic""".split()


def libraries(binary, root=None):
    """Shared objects of a binary as {name the loader asks for: file}."""
    environment = dict(os.environ, LC_ALL="C")
    if root:
        folders = [f"{root}/lib/x86_64-linux-gnu", f"{root}/usr/lib/x86_64-linux-gnu", f"{root}/lib", f"{root}/usr/lib"]
        environment["LD_LIBRARY_PATH"] = ":".join(folders)
    text = subprocess.run(["ldd", binary], capture_output=True, text=True, env=environment, check=False).stdout
    absent = re.findall(r"(\S+) => not found", text)
    if absent:
        raise FileNotFoundError(f"{binary} needs {', '.join(absent)}, which this host does not have")
    found = dict(re.findall(r"(\S+) => (/\S+)", text))
    found.update({os.path.basename(path): path for path in re.findall(r"^\s*(/\S+) \(", text, re.M)})
    return found


def add_binary(archive, source, name, root=None):
    """A program with its libraries and its loader."""
    archive.file(name, source)
    for soname, path in libraries(source, root).items():
        folder = "usr/lib64" if soname.startswith("ld-linux") else "usr/lib/x86_64-linux-gnu"
        archive.file(f"{folder}/{soname}", path)


def _guest_tool(root, name):
    for folder in ("sbin", "bin", "usr/sbin", "usr/bin"):
        path = f"{root}/{folder}/{name}"
        if os.path.exists(path):
            return path
    path = packages.find(name)  # the host has the package installed
    if path is None:
        raise FileNotFoundError(f"no package of the guest holds {name}")
    return path


def _add_modules(archive, modules, release):
    """The drivers and everything they depend on, by modules.dep."""
    needs, by_name = {}, {}
    with open(f"{modules}/modules.dep", encoding="utf-8") as file:
        for line in file:
            path, _, rest = line.partition(":")
            needs[path] = rest.split()
            by_name[os.path.basename(path).split(".")[0].replace("-", "_")] = path
    for name in MODULES:
        for path in [by_name[name], *needs[by_name[name]]] if name in by_name else []:
            archive.file(f"usr/lib/modules/{release}/{path}", f"{modules}/{path}")
    for index in glob.glob(f"{modules}/modules.*"):
        archive.file(f"usr/lib/modules/{release}/{os.path.basename(index)}", index)


def _add_udev(archive, root):
    """Debian's rules and helpers as they are; rules of guest packages come on top."""
    for base in ("/usr", "/", root, f"{root}/usr"):
        for rule in sorted(glob.glob(f"{base}/lib/udev/rules.d/*.rules")):
            archive.file(f"usr/lib/udev/rules.d/{os.path.basename(rule)}", rule)
    for helper in UDEV_HELPERS:
        path = next((path for path in (f"/usr/lib/udev/{helper}", f"/lib/udev/{helper}") if os.path.exists(path)), None)
        if path:
            add_binary(archive, path, f"usr/lib/udev/{helper}")
    daemon = "/lib/systemd/systemd-udevd"
    if os.path.islink(daemon) and os.path.basename(os.path.realpath(daemon)) == "udevadm":
        archive.link("usr/lib/systemd/systemd-udevd", "/usr/bin/udevadm")
    else:
        add_binary(archive, daemon, "usr/lib/systemd/systemd-udevd")


def build(path, root, modules, release):
    """Writes the archive; `root` holds the unpacked guest packages."""
    archive = Archive(path + ".new")
    for folder in ("dev", "proc", "sys", "run", "tmp", "root", "mnt", "share", "etc/udev", "usr/lib64", "usr/bin"):
        archive.directory(folder)
    for name, target in {"bin": "usr/bin", "sbin": "usr/bin", "usr/sbin": "bin", "lib": "usr/lib",
                         "lib64": "usr/lib64", "var": "/run/var"}.items():
        archive.link(name, target)
    archive.character_device("dev/console", 5, 1)
    archive.character_device("dev/null", 1, 3)
    for tool in TOOLS:
        add_binary(archive, packages.find(tool), f"usr/bin/{tool}")
    for tool in GUEST_TOOLS:
        add_binary(archive, _guest_tool(root, tool), f"usr/bin/{tool}", root)
    for name in ("modprobe", "depmod", "lsmod", "insmod", "rmmod"):
        archive.link(f"usr/bin/{name}", "kmod")
    for name in ("pvcreate", "vgcreate", "lvcreate", "vgchange", "vgremove", "pvscan"):
        archive.link(f"usr/bin/{name}", "lvm")
    busybox = packages.find("busybox")
    archive.file("usr/bin/busybox", busybox)
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        archive.link(f"usr/bin/{applet}", "busybox")  # never over a real tool: the first entry of a name stays
    # tmux starts only where characters are those of UTF-8.
    archive.file("usr/lib/locale/C.utf8/LC_CTYPE", "/usr/lib/locale/C.utf8/LC_CTYPE")
    archive.data("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n")
    archive.data("etc/group", b"root:x:0:\ndisk:x:6:\ncdrom:x:24:\nfloppy:x:25:\ntape:x:26:\n")
    archive.data("etc/fstab", b"")
    archive.data("etc/mtab", b"")
    archive.file("init", f"{HERE}/guest/init")
    archive.file("usr/lib/burin-lab/functions", f"{HERE}/guest/functions")
    _add_udev(archive, root)
    _add_modules(archive, modules, release)
    archive.close()
    os.rename(path + ".new", path)
    return path


def with_burin(base, binary, path):
    """The guest's file system with the program under test: a second archive behind the first."""
    addition = path + ".part"
    archive = Archive(addition)
    add_binary(archive, binary, "usr/bin/burin")
    # What it loads later lies beside what it is linked with.
    folder = os.path.dirname(next(path for name, path in libraries(binary).items() if name.startswith("libblkid")))
    for name in subprocess.check_output([LOADED_LATER, binary, "required"], text=True).split():
        add_binary(archive, f"{folder}/{name}", f"usr/lib/x86_64-linux-gnu/{name}")
    archive.close()
    with open(path, "wb") as out:
        for part in (base, addition):
            with open(part, "rb") as source:
                shutil.copyfileobj(source, out)
    os.unlink(addition)
    return path


def fingerprint(*folders):
    """Changes when the sources of the guest or its packages change."""
    digest = hashlib.sha256()
    files = sorted(glob.glob(f"{HERE}/guest/*")) + [f"{HERE}/initramfs.py", f"{HERE}/cpio.py", f"{HERE}/desktop.py"]
    for file in files + [f"{folder}/.packages" for folder in folders]:
        with open(file, "rb") as source:
            digest.update(source.read())
    return digest.hexdigest()[:12]
