"""What a machine shows: serial output, VGA text memory, and text shadows in RAM.

Programs that draw their own letters (memtest86+ under UEFI) keep the text they show in RAM as
pairs of character and colour. Finding that pair pattern proves that the program runs and shows
the text; the same words loaded from the stick as plain or UTF-16 strings do not match, because
there the second byte of each pair is missing or zero.
"""

import os
import re

VGA_TEXT = 0xB8000
VGA_BYTES = 80 * 50 * 2
ESCAPE = re.compile(rb"\x1b(\[[0-9;?=]*[@-~]|[()][A-Z0-9]|[=>78cDEHM])")


def plain(serial):
    """Serial output as text without terminal control sequences."""
    return ESCAPE.sub(b"", serial).replace(b"\r", b"").replace(b"\0", b"").decode("latin-1")


def pairs_with(memory, text):
    """True when `memory` holds `text` as characters with colour bytes: at most two colours, none zero."""
    wanted = text.encode("cp437")
    for parity in (0, 1):
        characters = memory[parity::2]
        start = characters.find(wanted)
        while start >= 0:
            first = parity + 2 * start + 1
            colours = set(memory[first:first + 2 * len(wanted):2])
            if len(colours) <= 2 and 0 not in colours:
                return True
            start = characters.find(wanted, start + 1)
    return False


def read_memory(qmp, scratch, address, size):
    """Guest-physical memory, through a file that QEMU writes."""
    path = os.path.join(scratch, "memory")
    qmp.execute("pmemsave", val=address, size=size, filename=path)
    try:
        with open(path, "rb") as file:
            return file.read()
    finally:
        os.unlink(path)


def vga_text(qmp, scratch):
    """The text screen, or an empty string when the adapter shows graphics."""
    cells = read_memory(qmp, scratch, VGA_TEXT, VGA_BYTES)
    characters, colours = cells[0::2], cells[1::2]
    if colours.count(0) + colours.count(0xFF) > len(colours) * 9 // 10:
        return ""
    rows = [characters[row:row + 80] for row in range(0, len(characters), 80)]
    lines = [row.replace(b"\0", b" ").decode("cp437").rstrip() for row in rows]
    return "\n".join(lines).rstrip()
