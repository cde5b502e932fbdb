"""Partition tables as sfdisk, fdisk and sgdisk see them."""

import json
import re

from .command import ask, ask_all


def sfdisk(path, sector: int) -> dict | None:
    """sfdisk's own table: the GPT where it believes it, else the MBR."""
    if sector != 512:
        return None  # --sector-size is too young to rely on; fdisk_4096 asks fdisk
    text = ask("sfdisk", "-J", path)
    return json.loads(text)["partitiontable"] if text.strip() else None


def mbr(path, sector: int) -> list[dict] | None:
    """MBR entries, also those below a GPT."""
    if sector != 512:
        return None
    table = sfdisk(path, sector)
    if table is None:
        return None
    nested = ["-Y", "dos"] if table["label"] == "gpt" else []
    text = ask("sfdisk", *nested, "-d", path)
    if nested and "label: dos" not in text:
        return None
    entries = []
    line = r"^(.*?)(\d+) : start= *(\d+), size= *(\d+), type= *(\w+)(, bootable)?"
    for _, index, start, count, kind, active in re.findall(line, text, re.MULTILINE):
        if int(count):
            entries.append({"index": int(index), "active": bool(active), "type": int(kind, 16),
                            "startLBA": int(start), "sectors": int(count)})
    return entries


def gpt(path, sector: int) -> dict | None:
    """Validity by sgdisk, partitions by sfdisk (or fdisk for 4096-byte sectors)."""
    partitions = fdisk_4096(path) if sector == 4096 else sfdisk_partitions(path)
    if partitions is None:
        return None
    result = {"sectorSize": sector, "partitions": partitions}
    if sector == 512:
        result |= validity(ask_all("sgdisk", "-v", path))
        # sgdisk does not mind a header that is not where it says it is; sfdisk does.
        if result["entriesValid"] and "primary GPT table is corrupt" in ask_all("sfdisk", "-J", path):
            result["headerValid"] = False
    return result


def sfdisk_partitions(path) -> list[dict] | None:
    table = sfdisk(path, 512)
    if table is None or table["label"] != "gpt":
        return None
    return [{"index": int(re.search(r"(\d+)$", item["node"]).group(1)), "typeGUID": item["type"],
             "name": item.get("name", ""), "firstLBA": item["start"], "lastLBA": item["start"] + item["size"] - 1}
            for item in table.get("partitions", [])]


def fdisk_4096(path) -> list[dict] | None:
    text = ask("fdisk", "-b", "4096", "-l", "-o", "Start,End,Type-UUID,Name", path)
    if "Disklabel type: gpt" not in text:
        return None
    rows = re.findall(r"^ *(\d+) +(\d+) +([0-9A-F-]{36}) *(.*)$", text, re.MULTILINE)
    return [{"index": number + 1, "typeGUID": kind, "name": name.strip(), "firstLBA": int(start), "lastLBA": int(end)}
            for number, (start, end, kind, name) in enumerate(rows)]


def validity(text: str) -> dict:
    """sgdisk lists the four parts as OK or ERROR when one of them is wrong, and is silent when none is."""
    parts = dict(re.findall(r"^(Main header|Backup header|Main partition table|Backup partition table): (OK|ERROR)",
                            text, re.MULTILINE))

    def good(part):
        return parts.get(part, "OK") == "OK"

    misplaced = "it doesn't reside\nat the end" in text
    backup = "damaged" if not good("Backup header") or not good("Backup partition table") else (
        "misplaced" if misplaced else "ok")
    return {"headerValid": good("Main header"), "entriesValid": good("Main partition table"), "backup": backup}
