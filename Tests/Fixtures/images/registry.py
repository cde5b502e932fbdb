"""The list of images: each module adds its own with a decorator, make-images builds them in this order."""

from dataclasses import dataclass, field
from typing import Callable

MARKER = "BURIN-BOOT-OK"


@dataclass
class Image:
    """One image: how it is made and what a firmware that boots it would show."""

    name: str
    build: Callable
    group: str
    bios: str | None = None  # text on the screen or the serial port after a BIOS boot; None: no BIOS loader in it
    uefi: str | None = None  # the same for UEFI, whatever the architecture
    sector: int = 512  # the sector size that its partition table is made for
    needs: list[str] = field(default_factory=list)  # images that it is made from
    note: str = ""


IMAGES: dict[str, Image] = {}


def image(name: str, group: str, **facts):
    """Registers the decorated function, called with (workshop, path), as the builder of `name`."""

    def register(build):
        if name in IMAGES:
            raise ValueError(f"two images are named {name}")
        IMAGES[name] = Image(name, build, group, **facts)
        return build

    return register
