"""A crowded machine: hundreds of loop devices and thousands of mounts, and how long `burin list` takes there.

The mounts are made in a mount namespace of a process of its own, which goes with it; the devices are detached again
and the nodes that were not there before are removed.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEVICES = 200
MOUNTS = 5000
LOOP_CTL_REMOVE = 0x4C81
MS_BIND = 0x1000
# Milliseconds in which Python begins and ends on a quiet machine of those that the budgets were set on.
QUIET_PYTHON = 5.5


class Crowd:
    """The devices of the crowded machine, taken away at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devices: list[str] = []

    def __enter__(self) -> "Crowd":
        self.scratch = Path(tempfile.mkdtemp(prefix="burin-crowd.", dir=self.folder))
        self.before = set(os.listdir("/sys/block"))
        try:
            # Blanks and the like are written as octal numbers, which have to be read back.
            for number in range(DEVICES):
                file = self.scratch / f"disk {number}"
                with open(file, "wb") as disk:
                    disk.truncate(16 << 20)
                found = subprocess.run(["losetup", "--find", "--show", str(file)], check=True, capture_output=True,
                                       text=True)
                self.devices.append(found.stdout.strip())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for device in self.devices:
            subprocess.run(["losetup", "--detach", device], check=False)
        with open("/dev/loop-control", "rb") as control:
            for name in set(os.listdir("/sys/block")) - self.before:
                if name.startswith("loop"):
                    try:
                        fcntl.ioctl(control, LOOP_CTL_REMOVE, int(name[len("loop"):]))
                    except OSError:
                        pass  # somebody uses it by now
        shutil.rmtree(self.scratch, ignore_errors=True)

    def times(self, burin: str, rounds: int, *options: str) -> list[list[float]]:
        """Milliseconds, wall and CPU, of whole runs of `burin list` with thousands of mounts around it."""
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", __file__, str(self.scratch),
                   str(rounds), burin, "list", *options]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def crowded_times(burin: str, rounds: int) -> dict[str, tuple[float, float]]:
    """The milliseconds, wall and CPU, of the best listings on the crowded machine, by their command."""
    best = {}
    with Crowd(Path(burin).parent) as crowd:
        for name in ("burin list", "burin list --all"):
            walls, cpus = zip(*crowd.times(burin, rounds, *name.split()[2:]))
            best[name] = (min(walls), min(cpus))
    return best


def start_times(burin: str, rounds: int) -> dict[str, float]:
    """The milliseconds of wall time of the best runs on the machine as it is, by their command."""
    commands = {"burin --version": "--version", "burin list": "list"}
    return {name: min(wall for wall, _ in _times(rounds, burin, option)) for name, option in commands.items()}


def slowness(rounds: int) -> float:
    """How much slower programs begin and end in these moments than on a quiet machine; 1 at least."""
    return max(1.0, min(wall for wall, _ in _times(rounds, sys.executable, "-S", "-c", "pass")) / QUIET_PYTHON)


def _mount_many(folder: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    source = str(folder / "source").encode()
    os.mkdir(source)
    places = folder / "places"
    places.mkdir()
    if libc.mount(b"tmpfs", str(places).encode(), b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount tmpfs")
    for number in range(MOUNTS):
        place = places / f"a b\t{number}\\"
        place.mkdir()
        if libc.mount(source, str(place).encode(), None, MS_BIND, None):
            raise OSError(ctypes.get_errno(), f"mount {place}")


def _times(rounds: int, *command: str) -> list[list[float]]:
    """Milliseconds, wall and CPU, of each of some runs.

    They go before what else runs on the machine, so that the wall time is that of a machine without other work; where
    that is not permitted, as in some containers, the best of the rounds has to do.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        return [_time(*command) for _ in range(rounds)]
    finally:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, policy, parameters)


def _time(*command: str) -> list[float]:
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    return [wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000]


def _measure(folder: str, rounds: str, *command: str) -> None:
    inner = Path(tempfile.mkdtemp(dir=folder))
    _mount_many(inner)
    print(json.dumps(_times(int(rounds), *command)))


if __name__ == "__main__":
    _measure(*sys.argv[1:])
