"""The proof: sticks written by burin are started by real firmware."""

import os
import subprocess

import firmware
from bench import MARKER, Image, check, check_status, scenario
from writing import check_engraved, write

HERE = os.path.dirname(os.path.abspath(__file__))
MAKE_IMAGES = os.path.join(HERE, "../../Fixtures/make-images")


def corpus(bench, name):
    """An image of Tests/Fixtures/make-images; it keeps those that it has made already."""
    check(os.path.exists(MAKE_IMAGES), "Tests/Fixtures/make-images is missing")
    result = subprocess.run([MAKE_IMAGES, bench.images, name], capture_output=True, text=True, check=False)
    check(result.returncode == 0, f"make-images: {result.stdout[-300:]}{result.stderr[-700:]}")
    return Image(f"{bench.images}/{name}")


def write_and_start(bench, image, starts, *, size=64):
    """Writes the image to a stick in the guest, then starts the stick: `starts` is [(firmware, text, keys)]."""
    with bench.machine.stick(size) as stick:
        stick.dress()
        check_status(write(bench.machine, image, stick.id()), 0, f"write {image.name}")
        check_engraved(stick.medium, image)
        for kind, text, keys in starts:
            result = firmware.boot(stick.medium.path, kind, text, keys=keys)
            print(f"        {image.name} under {kind}: {result.found or 'no boot'} ({result.seconds:.1f} s)", flush=True)
            check(result, f"{image.name} does not start under {kind}: {result.why}\n{result.transcript[-800:]}")


@scenario("R36", "R44")
def boot_hybrid(bench):
    """A grub-mkrescue hybrid starts under SeaBIOS and OVMF, and its own menu says so."""
    write_and_start(bench, bench.image(), [(kind, MARKER, None) for kind in ("seabios", "ovmf")])


@scenario("R36", "R44")
def boot_memtest(bench):
    """memtest86+ starts under SeaBIOS and OVMF; Secure Boot refuses it, because it is not signed."""
    image = corpus(bench, "memtest86+.iso")
    write_and_start(bench, image, [("seabios", "Memtest86+ v", None), ("ovmf", "Memtest86+ v", None)])
    refused = firmware.boot(image.path, "ovmf-secure-boot", "Memtest86+ v")
    check(not refused, "Secure Boot starts an unsigned image: the oracle is worth nothing")


@scenario("R36", "R44")
def boot_rescue_and_ipxe(bench):
    """grub-rescue and ipxe start under SeaBIOS."""
    write_and_start(bench, corpus(bench, "grub-rescue-cdrom.iso"), [("seabios", "GNU GRUB", None)])
    write_and_start(bench, corpus(bench, "ipxe.iso"), [("seabios", "iPXE", None)])


@scenario("R36", "R44")
def boot_debian_layout(bench):
    """An ISO laid out as Debian's starts under SeaBIOS, OVMF, and OVMF with Secure Boot through the signed shim."""
    image = corpus(bench, "debian-layout.iso")
    write_and_start(bench, image, [(kind, "BURIN-BOOT-OK", None) for kind in ("seabios", "ovmf", "ovmf-secure-boot")])
