"""Runs a command and measures it from outside."""

import ctypes
import mmap
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Timing(NamedTuple):
    """Seconds of one run; CPU counts the command and its children, user and system."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s wall, {self.cpu:.2f} s CPU"


class Footprint(NamedTuple):
    """Bytes: the largest resident set of any process, and what stays in the page cache of the files used."""

    peak_memory: int
    cache_growth: int


def timed(command: str) -> Timing:
    begin = time.perf_counter()
    process = start(command)
    usage = wait(process, command)
    return Timing(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime)


def footprint(command: str, files: list[str]) -> Footprint:
    """Polls the high-water marks: ru_maxrss would count the memory of this interpreter before its exec."""
    before = sum(cached_bytes(file) for file in files)
    process = start(command)
    peak = 0
    while process.poll() is None:
        for pid in [process.pid, *descendants(process.pid)]:
            peak = max(peak, high_water_mark(pid))
        time.sleep(0.005)
    if process.returncode != 0:
        fail(command, process)
    return Footprint(peak, sum(cached_bytes(file) for file in files) - before)


def count_system_calls(command: str, scratch: Path) -> int:
    summary = scratch / "strace"
    process = start(f"exec strace -f -c -o {shlex.quote(str(summary))} sh -c {shlex.quote(command)}")
    wait(process, command)
    total = re.search(r"^\s*100\.00\s+\S+\s+\S+\s+(\d+)\s.*total$", summary.read_text(), re.MULTILINE)
    return int(total.group(1)) if total else 0


def start(command: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def wait(process: subprocess.Popen, command: str):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        fail(command, process)
    process.stderr.close()
    return usage


def fail(command: str, process: subprocess.Popen) -> None:
    sys.exit(f"{command}\nended with status {process.returncode}:\n{process.stderr.read().decode()}")


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
        except OSError:
            pass
    return found


def high_water_mark(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else 0


def cached_bytes(path: str) -> int:
    """How much of a file or block device is in the page cache, by mincore; /proc/meminfo counts everybody's."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        length = os.lseek(descriptor, 0, os.SEEK_END)
        pages = (length + mmap.PAGESIZE - 1) // mmap.PAGESIZE
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        address = libc.mmap(None, length, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
        if address in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), f"mmap {path}")
        resident = (ctypes.c_ubyte * pages)()
        try:
            if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(length), resident) != 0:
                raise OSError(ctypes.get_errno(), f"mincore {path}")
        finally:
            libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))
        return sum(byte & 1 for byte in bytes(resident)) * mmap.PAGESIZE
    finally:
        os.close(descriptor)
