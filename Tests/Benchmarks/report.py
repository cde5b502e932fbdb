"""Where the numbers of the documents come from: their marked parts are written here, and by nobody's hand."""

import os
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
DETAILS = HERE / "README.md"
SUMMARY = HERE.parent.parent / "README.md"


class Section(NamedTuple):
    """What one kind of measurement has to say: Markdown, a plot and a sentence for everybody where there are such."""

    name: str
    text: str
    plot: str | None = None
    summary: str | None = None


def machine() -> str:
    """The date and the machine, for the reader of the numbers."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    kernel = re.match(r"[0-9.]+", os.uname().release).group().rstrip(".")
    return (f"{time.strftime('%Y-%m-%d')}, {model.group(1) if model else os.uname().machine}, {cores} cores, "
            f"{memory:.0f} GiB, Linux {kernel}")


def record(section: Section) -> None:
    """Puts what was measured between the marks of its name, and its plot beside this file."""
    replace(DETAILS, section.name, section.text)
    if section.summary is not None:
        replace(SUMMARY, section.name, section.summary)
    if section.plot is not None:
        (HERE / f"{section.name}.svg").write_text(section.plot, encoding="utf-8")


def replace(document: Path, name: str, text: str) -> None:
    """Puts a text between the marks of a name."""
    begin, end = f"<!-- {name}: from Tests/Benchmarks/run -->", f"<!-- {name}: end -->"
    before, found, rest = document.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        sys.exit(f"{document} has no place for {name}: {begin} and {end}")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
