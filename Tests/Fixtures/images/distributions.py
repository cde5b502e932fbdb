"""The layouts that real distributions ship, mastered with the options of their own build tools."""

from .loaders import GRUB_CONFIG, fat_image, isolinux_files, signed_files, uefi_files
from .optical import (BASIC_DATA_GUID, EFI_IN_TREE, ESP_GUID, GRUB_HYBRID, ISOHDPFX, ISOLINUX, LOADED, NEXT, README,
                      appended, grub_files, grub_options, master, master_old)
from .registry import MARKER, image
from .tables import freebsd_head
from .workshop import blank, put, run

BOTH = {"bios": MARKER, "uefi": MARKER}


def esp(shop, kib, files, name="esp.img", **options):
    """An ESP as a file."""
    path = shop.cache / name
    fat_image(path, kib, files, shop, **options)
    return path


def debian_tree(shop, efi_files, config=True):
    """Files of a Debian disc; its signed GRUB looks for /.disk/info and reads /boot/grub/grub.cfg."""
    files = {**README, ".disk/info": b"Debian GNU/Linux test\n", **isolinux_files(),
             "boot/grub/efi.img": esp(shop, 9216, efi_files), **efi_files}
    if config:
        files["boot/grub/grub.cfg"] = GRUB_CONFIG
    return files


@image("debian-layout.iso", "distribution", **BOTH, note="installer disc: isohybrid, APM, signed loaders")
def debian(shop, path):
    tree = shop.tree("debian", debian_tree(shop, signed_files(shop)))
    master(path, tree, "Debian 13.0.0 amd64 n", "-J", "-joliet-long", "-cache-inodes", "-isohybrid-mbr", ISOHDPFX,
           *ISOLINUX, *EFI_IN_TREE, "-isohybrid-gpt-basdat", "-isohybrid-apm-hfsplus")


@image("debian-live-layout.iso", "distribution", **BOTH, note="live-build, Kali, Clonezilla: no APM")
def debian_live(shop, path):
    tree = shop.tree("live", debian_tree(shop, signed_files(shop)))
    master(path, tree, "d-live 13.0.0 gn amd64", "-J", "-joliet-long", "-l", "-cache-inodes", "-iso-level", "3",
           "-isohybrid-mbr", ISOHDPFX, "-partition_offset", "16", *ISOLINUX, *EFI_IN_TREE, "-isohybrid-gpt-basdat")


@image("debian-arm64-layout.iso", "distribution", uefi=MARKER, note="no boot code; MBR 0xCD and appended 0xEF")
def debian_arm64(shop, path):
    image_file = esp(shop, 4096, uefi_files("aa64"))
    tree = shop.tree("arm64", {**README, **uefi_files("aa64"), "boot/grub/efi.img": image_file})
    master(path, tree, "Debian 13.0.0 arm64 n", "-J", "-joliet-long", "-e", "boot/grub/efi.img", "-no-emul-boot",
           "-append_partition", "2", "0xef", image_file, "-partition_cyl_align", "all", "-partition_offset", "16")


@image("ubuntu-layout.iso", "distribution", **BOTH, note="20.10 and later: GRUB hybrid, GPT, 0xEE and active 0x00")
def ubuntu(shop, path):
    tree = shop.tree("ubuntu", {**README, **grub_files(shop), **uefi_files("x64"), "boot/grub/grub.cfg": GRUB_CONFIG})
    master(path, tree, "Ubuntu 24.04 LTS amd64", "-J", "-joliet-long", "-l", "-iso-level", "3",
           "-partition_offset", "16", "--mbr-force-bootable", "-iso_mbr_part_type", BASIC_DATA_GUID,
           *grub_options(), *appended(esp(shop, 5120, uefi_files("x64")), interval=":::"))


@image("ubuntu-2004-layout.iso", "distribution", **BOTH, note="isohybrid with an appended ESP in a valid GPT")
def ubuntu_2004(shop, path):
    tree = shop.tree("focal", {**README, **isolinux_files(), **uefi_files("x64")})
    master(path, tree, "Ubuntu 20.04 LTS amd64", "-J", "-joliet-long", "-l", "-iso-level", "3",
           "-isohybrid-mbr", ISOHDPFX, *ISOLINUX, *appended(esp(shop, 4096, uefi_files("x64"))))


@image("fedora-layout.iso", "distribution", **BOTH, note="37 and later, lorax: GRUB hybrid, valid GPT, no active flag")
def fedora(shop, path):
    files = {**README, **grub_files(shop, "images/eltorito.img"), **signed_files(shop), ".disk/info": b"fedora\n",
             "boot/grub/grub.cfg": GRUB_CONFIG}
    tree = shop.tree("fedora", files)
    master(path, tree, "Fedora-S-dvd-x86_64-41", "-J", "-partition_offset", "16", "-iso_mbr_part_type",
           BASIC_DATA_GUID, *grub_options("images/eltorito.img"), *appended(esp(shop, 9216, signed_files(shop))))


def fedora_old(shop, path, mac):
    loader = uefi_files("x64")
    files = {**README, **isolinux_files(), **loader, "images/efiboot.img": esp(shop, 4096, loader)}
    options = ["-U", "-J", *ISOLINUX, *NEXT, "-e", "images/efiboot.img", "-no-emul-boot"]
    if mac:
        hfs = shop.cache / "macboot.img"
        blank(hfs, 1 << 20)
        put(hfs, 1024, b"H+\0\4")  # enough for those who only look for the signature
        files["images/macboot.img"] = hfs
        options += [*NEXT, "-e", "images/macboot.img", "-no-emul-boot"]
    # genisoimage puts -A and -p of its own; isohybrid then adds MBR, GPT and APM afterwards.
    master_old(path, shop.tree("fedora36", files), "Fedora-S-dvd-x86_64-36", *options)
    run("isohybrid", "--uefi", *(["--mac"] if mac else []), path)


@image("fedora-36-mac-layout.iso", "distribution", **BOTH, note="isohybrid --uefi --mac: three El Torito entries")
def fedora_36_mac(shop, path):
    fedora_old(shop, path, mac=True)


@image("fedora-36-layout.iso", "distribution", **BOTH, note="isohybrid --uefi")
def fedora_36(shop, path):
    fedora_old(shop, path, mac=False)


@image("fedora-aarch64-layout.iso", "distribution", uefi=MARKER, note="El Torito for UEFI and nothing else")
def fedora_aarch64(shop, path):
    tree = shop.tree("fedora-aarch64", {**README, **uefi_files("aa64"),
                                        "images/efiboot.img": esp(shop, 4096, uefi_files("aa64"))})
    master(path, tree, "Fedora-S-dvd-aarch64-41", "-J", "-e", "images/efiboot.img", "-no-emul-boot")


def arch_layout(shop, path, *, kib, gpt):
    tree = shop.tree("arch", {**README, **isolinux_files("boot/syslinux"), **uefi_files("x64"),
                              "arch/version": b"2024.01.01\n", "loader/loader.conf": b"timeout 15\n"})
    esp_image = esp(shop, kib, uefi_files("x64"), bits=32 if kib > 40000 else None)
    master(path, tree, "ARCH_202401", "-iso-level", "3", "-full-iso9660-filenames", "-joliet", "-joliet-long",
           "-rational-rock", "-isohybrid-mbr", ISOHDPFX, "--mbr-force-bootable", "-partition_offset", "16",
           "-b", "boot/syslinux/isolinux.bin", "-c", "boot/syslinux/boot.cat", *LOADED,
           *appended(esp_image, as_gpt=gpt), *([] if gpt else ["-isohybrid-gpt-basdat"]))


@image("arch-layout.iso", "distribution", **BOTH, note="appended 0xEF of 32 MiB, El Torito load size 0, odd GPT")
def arch(shop, path):
    arch_layout(shop, path, kib=32768, gpt=False)


@image("arch-gpt-layout.iso", "distribution", **BOTH, note="newer archiso: appended ESP in a GPT")
def arch_gpt(shop, path):
    arch_layout(shop, path, kib=49152, gpt=True)


@image("nixos-layout.iso", "distribution", **BOTH, note="no EFI loader outside the ESP")
def nixos(shop, path):
    tree = shop.tree("nixos", {**README, **isolinux_files(), "boot/efi.img": esp(shop, 4096, uefi_files("x64"))})
    master(path, tree, "nixos-minimal-23.11-x86_64", "-iso-level", "3", "-J", "-isohybrid-mbr", ISOHDPFX, *ISOLINUX,
           *NEXT, "-e", "boot/efi.img", "-no-emul-boot", "-isohybrid-gpt-basdat")


def kiwi_layout(shop, path, *options):
    esp_image = esp(shop, 4096, uefi_files("x64"))
    tree = shop.tree("kiwi", {**README, **grub_files(shop, "boot/x86_64/loader/eltorito.img"), **uefi_files("x64")})
    master(path, tree, "CDROM", "-J", "-joliet-long", "-partition_offset", "16", "--grub2-mbr", GRUB_HYBRID,
           "-b", "boot/x86_64/loader/eltorito.img", "-c", "boot.catalog", "-no-emul-boot", "-boot-load-size", "4",
           "-boot-info-table", "--grub2-boot-info", *options,
           *appended(esp_image, guid="0xef" if not options else ESP_GUID, as_gpt=bool(options)))


@image("kiwi-layout.iso", "distribution", **BOTH, note="openSUSE live: MBR {0xCD active?, 0xEF}")
def kiwi(shop, path):
    kiwi_layout(shop, path)


@image("kiwi-gpt-layout.iso", "distribution", **BOTH, note="openSUSE live with a GPT")
def kiwi_gpt(shop, path):
    kiwi_layout(shop, path, "-iso_mbr_part_type", BASIC_DATA_GUID)


@image("opensuse-dvd-layout.iso", "distribution", **BOTH, note="mksusecd: isohybrid 0x17 and 0xEF, no GPT")
def opensuse_dvd(shop, path):
    # SUSE patches isolinux so that it looks beside itself; this one reads /isolinux.
    files = {**README, **isolinux_files(), **uefi_files("x64")}
    files["boot/x86_64/loader/isolinux.bin"] = files.pop("isolinux/isolinux.bin")
    tree = shop.tree("mksusecd", files)
    master(path, tree, "openSUSE-Leap-15.6-DVD-x86_64", "-J", "-isohybrid-mbr", ISOHDPFX,
           "-b", "boot/x86_64/loader/isolinux.bin", "-c", "boot/x86_64/loader/boot.cat", *LOADED,
           "-iso_mbr_part_type", "0x17", *appended(esp(shop, 4096, uefi_files("x64")), guid="0xef", as_gpt=False))


@image("alpine-layout.iso", "distribution", **BOTH, note="efi.img is a 1.44M floppy image")
def alpine(shop, path):
    tree = shop.tree("alpine", {**README, **isolinux_files("boot/syslinux"), **uefi_files("x64"),
                                "boot/grub/efi.img": esp(shop, 1440, uefi_files("x64"))})
    master(path, tree, "alpine-std 3.19.0 x86_64", "-J", "-joliet-long", "-isohybrid-mbr", ISOHDPFX,
           "-b", "boot/syslinux/isolinux.bin", "-c", "boot/syslinux/boot.cat", *LOADED, *EFI_IN_TREE,
           "-isohybrid-gpt-basdat")


@image("alpine-aarch64-layout.iso", "distribution", uefi=MARKER, note="-efi-boot-part")
def alpine_aarch64(shop, path):
    tree = shop.tree("alpine-arm", {**README, **uefi_files("aa64"),
                                    "boot/grub/efi.img": esp(shop, 1440, uefi_files("aa64"))})
    master(path, tree, "alpine-std 3.19.0 aarch64", "-J", "-efi-boot-part", "--efi-boot-image",
           "-e", "boot/grub/efi.img", "-no-emul-boot")


@image("mkrescue-bios.iso", "distribution", bios=MARKER, note="grub-mkrescue with GRUB for BIOS only")
def mkrescue_bios(shop, path):
    mkrescue(shop, path, "i386-pc")


@image("mkrescue-uefi.iso", "distribution", uefi=MARKER, note="grub-mkrescue with GRUB for UEFI x64 only")
def mkrescue_uefi(shop, path):
    mkrescue(shop, path, "x86_64-efi")


@image("grub-mkrescue-hybrid.iso", "distribution", **BOTH, note="Proxmox, TrueNAS: GPT, APM, HFS+, x64 and ia32")
def mkrescue_hybrid(shop, path):
    mkrescue(shop, path)


MODULES = "linux normal iso9660 fat part_msdos part_gpt part_apple biosdisk search serial terminal echo test ls cat"


def mkrescue(shop, path, platform=None):
    tree = shop.tree("mkrescue", {**README, "boot/grub/grub.cfg": GRUB_CONFIG})
    directory = ["-d", f"/usr/lib/grub/{platform}"] if platform else []
    modules = [word for word in MODULES.split() if word != "biosdisk" or platform == "i386-pc"]
    run("grub-mkrescue", *directory, "--locales=", "--fonts=", "--themes=", "--install-modules=" + " ".join(modules),
        "-o", path, tree, "--", "-volid", "BURIN-RESCUE")


@image("freebsd-layout.iso", "distribution", **BOTH, note="GPT head without a backup in the system area")
def freebsd(shop, path):
    esp_image = esp(shop, 2048, uefi_files("x64"))
    tree = shop.tree("freebsd", {**README, "boot/efiboot.img": esp_image, "boot/cdboot": grub_files(shop)[
        "boot/grub/i386-pc/eltorito.img"]})
    # FreeBSD's cdboot is stood in for by GRUB's image, which boots from disc.
    master(path, tree, "14_0_RELEASE_AMD64_CD", "-b", "boot/cdboot", "-c", "boot.catalog", *LOADED,
           "--grub2-boot-info", *NEXT, "-e", "boot/efiboot.img", "-no-emul-boot")
    freebsd_head(path, esp_image)
