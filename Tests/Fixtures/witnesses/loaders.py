"""EFI loaders: found with mtools and xorriso, their machine read from the PE header."""

import re
import struct
import tempfile
from pathlib import Path

from .command import ask

MACHINES = {0x8664: "x64", 0x14C: "ia32", 0xAA64: "aa64", 0x5064: "riscv64", 0x6264: "loongarch64", 0x1C2: "arm",
            0x1C0: "arm", 0x1C4: "arm"}
FAT_TYPES = {0xEF, 0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E}


def describe(data: bytes) -> dict:
    """Architecture and whether there is a certificate table (PE/COFF data directory 4)."""
    unknown = {"architecture": None, "signed": False}
    if data[:2] != b"MZ" or len(data) < 64:
        return unknown
    start = struct.unpack_from("<I", data, 60)[0]
    if data[start:start + 4] != b"PE\0\0":
        return unknown
    machine = struct.unpack_from("<H", data, start + 4)[0]
    magic = struct.unpack_from("<H", data, start + 24)[0]
    place = start + 24 + (144 if magic == 0x20B else 128)
    size = struct.unpack_from("<I", data, place + 4)[0] if place + 8 <= len(data) else 0
    return {"architecture": MACHINES.get(machine), "signed": size > 8}


def in_fat(path: Path, offset: int) -> list[dict]:
    """Loaders in /EFI/BOOT of the FAT at this offset, by mtools."""
    drive = f"{path}@@{offset}"
    found = []
    with tempfile.TemporaryDirectory(prefix="burin-oracle-") as scratch:
        for line in ask("mdir", "-b", "-i", drive, "::/EFI/BOOT").splitlines():
            name = line.rsplit("/", 1)[-1]
            if not re.fullmatch(r"BOOT\w+\.EFI", name, re.IGNORECASE):
                continue
            ask("mcopy", "-n", "-i", drive, line, f"{scratch}/loader")
            copy = Path(scratch) / "loader"
            if copy.exists():
                found.append({"path": f"EFI/BOOT/{name}".upper(), "where": "esp", **describe(copy.read_bytes())})
                copy.unlink()
    return found


def in_tree(path: Path) -> list[dict]:
    """Loaders in /EFI/BOOT of the ISO 9660 tree, by xorriso."""
    listing = ask("xorriso", "-indev", f"stdio:{path}", "-find", "/", "-type", "f", "-name", "*.[Ee][Ff][Ii]",
                  seconds=20)
    found = []
    with tempfile.TemporaryDirectory(prefix="burin-oracle-") as scratch:
        for name in re.findall(r"^'?(/[Ee][Ff][Ii]/[Bb][Oo][Oo][Tt]/[Bb][Oo][Oo][Tt]\w+\.[^']*?)'?$", listing,
                               re.MULTILINE):
            copy = Path(scratch) / "loader"
            ask("xorriso", "-osirrox", "on", "-indev", f"stdio:{path}", "-extract", name, copy, seconds=20)
            if copy.exists():
                found.append({"path": name.lstrip("/").upper(), "where": "iso", **describe(copy.read_bytes())})
                copy.chmod(0o600)
                copy.unlink()
    return found


def fat_offsets(facts: dict) -> list[int]:
    """Where a FAT may begin, from what the other witnesses said."""
    sector, offsets = facts["sectorSize"], [0]
    for entry in (facts["mbr"] or {}).get("entries", []):
        if entry["type"] in FAT_TYPES:
            offsets.append(entry["startLBA"] * sector)
    for partition in (facts["gpt"] or {}).get("partitions", []):
        offsets.append(partition["firstLBA"] * sector)  # of any type: firmware does not look at it either
    for entry in (facts["elTorito"] or {}).get("entries", []):
        if entry["platform"] == "uefi":
            offsets.append(entry["lba"] * 2048)
    return sorted(set(offsets))
