"""ISO 9660, El Torito and UDF as isoinfo, xorriso and blkid see them."""

import re

from .command import ask

EMULATION = {"none": "none", "fd1.2": "floppy-1.2M", "fd1.4": "floppy-1.44M", "fd2.8": "floppy-2.88M",
             "hd": "hard-disk"}
PLATFORM = {"BIOS": "bios", "UEFI": "uefi", "PPC": "ppc", "Mac": "mac"}


def field(text: str, name: str) -> str | None:
    found = re.search(rf"^{name}: ?(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else None


def volume(path) -> dict | None:
    """The primary volume descriptor, by isoinfo."""
    text = ask("isoinfo", "-d", "-i", path)
    size = re.search(r"^Volume size is: (\d+)", text, re.MULTILINE)
    if not size:
        return None
    joliet = re.search(r"Joliet with UCS level (\d)", text)
    return {"identifier": field(text, "Volume id"), "systemIdentifier": field(text, "System id"),
            "publisher": field(text, "Publisher id"), "blocks": int(size.group(1)),
            "joliet": int(joliet.group(1)) if joliet else None, "rockRidge": "Rock Ridge signatures" in text}


def xorriso_report(path) -> str:
    return ask("xorriso", "-indev", f"stdio:{path}", "-report_el_torito", "plain", "-report_system_area", "plain",
               "-pvd_info", seconds=20)


def el_torito(report: str) -> dict | None:
    """The boot catalogue, by xorriso."""
    catalogue = re.search(r"^El Torito catalog  : (\d+)", report, re.MULTILINE)
    if not catalogue:
        return None
    entries = []
    line = r"^El Torito boot img : +\d+ +(\S+) +([yn]) +(\S+) +0x(\w+) +0x\w+ +(\d+) +(\d+)$"
    for platform, bootable, emulation, segment, count, lba in re.findall(line, report, re.MULTILINE):
        entries.append({"platform": PLATFORM.get(platform, "other"), "bootable": bootable == "y",
                        "emulation": EMULATION.get(emulation, "other"), "loadSegment": int(segment, 16),
                        "sectorCount": int(count), "lba": int(lba)})
    return {"catalogLBA": int(catalogue.group(1)), "entries": entries}


def apm(report: str) -> dict | None:
    """The Apple partition map, by xorriso."""
    size = re.search(r"^APM block size +: +(\d+)", report, re.MULTILINE)
    if not size:
        return None
    columns = {kind: dict(re.findall(rf"^APM {title} : +(\d+)  (.*)$", report, re.MULTILINE))
               for kind, title in (("name", "partition name"), ("type", "partition type"), ("place", "start and size"))}
    partitions = []
    for number in sorted(columns["place"], key=int):
        start, blocks = columns["place"][number].split()
        partitions.append({"name": columns["name"].get(number, ""), "type": columns["type"].get(number, ""),
                           "start": int(start), "blocks": int(blocks)})
    return {"blockSize": int(size.group(1)), "partitions": partitions}


def mbr(report: str) -> list[dict] | None:
    """MBR entries of an ISO, by xorriso."""
    line = r"^MBR partition      : +(\d) +0x(\w+) +0x(\w+) +(\d+) +(\d+)$"
    entries = [{"index": int(index), "active": status == "80", "type": int(kind, 16), "startLBA": int(start),
                "sectors": int(count)} for index, status, kind, start, count in re.findall(line, report, re.MULTILINE)]
    return entries or None


def gpt(report: str) -> list[dict] | None:
    """GPT partitions of an ISO, by xorriso, which accepts those that lack a protective MBR."""
    places = dict(re.findall(r"^GPT start and size : +(\d+)  (.*)$", report, re.MULTILINE))
    kinds = dict(re.findall(r"^GPT type GUID      : +(\d+)  (\w+)$", report, re.MULTILINE))
    names = dict(re.findall(r"^GPT partition name : +(\d+)  (\w*)$", report, re.MULTILINE))
    partitions = []
    for number in sorted(places, key=int):
        start, count = map(int, places[number].split())
        name = bytes.fromhex(names.get(number, "")).decode("utf-16-le", "replace").split("\0")[0]
        partitions.append({"index": int(number), "typeGUID": guid(kinds[number]), "name": name, "firstLBA": start,
                           "lastLBA": start + count - 1})
    return partitions or None


def guid(plain: str) -> str:
    """xorriso prints a GUID as its sixteen bytes."""
    import uuid
    return str(uuid.UUID(bytes_le=bytes.fromhex(plain))).upper()


def udf(path) -> str | None:
    """The UDF revision, by blkid, which prefers UDF to ISO 9660."""
    text = ask("blkid", "-p", "-o", "export", path)
    if "TYPE=udf" not in text.splitlines():
        return None
    version = re.search(r"^VERSION=(.*)$", text, re.MULTILINE)
    return version.group(1) if version else ""
