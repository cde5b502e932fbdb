"""Whole runs of burin onto a device as slow as a USB stick that holds an older build of the image."""

import os
import random
import shlex
import statistics
import sys
from pathlib import Path

from measure import Footprint, Timing, footprint, timed
from stage import MIB, Stage, output_of

# As many sticks are: reading is four times faster.
READ_RATE, WRITE_RATE = 160_000_000, 40_000_000
# What differs: a twentieth, in runs as long as an updated program.
CHANGED, RUNS = 0.05, 24


class Throttle:
    """A control group whose processes reach a device no faster than that."""

    def __init__(self, device: str) -> None:
        number = os.stat(device).st_rdev
        self.device = f"{os.major(number)}:{os.minor(number)}"
        first, second = Path("/sys/fs/cgroup/blkio"), Path("/sys/fs/cgroup/cgroup.controllers")
        if first.is_dir():
            self.group = first / f"burin-{os.getpid()}"
            self.rates = {"blkio.throttle.read_bps_device": f"{self.device} {READ_RATE}",
                          "blkio.throttle.write_bps_device": f"{self.device} {WRITE_RATE}"}
        elif second.exists() and "io" in second.read_text().split():
            self.group = Path("/sys/fs/cgroup") / f"burin-{os.getpid()}"
            self.rates = {"io.max": f"{self.device} rbps={READ_RATE} wbps={WRITE_RATE}"}
        else:
            sys.exit("no control group here can slow a device down")

    def __enter__(self) -> "Throttle":
        self.group.mkdir()
        for name, rate in self.rates.items():
            (self.group / name).write_text(rate)
        return self

    def __exit__(self, *_) -> None:
        self.group.rmdir()

    def slowed(self, command: str) -> str:
        return f"echo $$ >{self.group}/cgroup.procs && exec {command}"


class NightlyStage(Stage):
    """A device that holds an older build of the image."""

    copies = 3

    def build(self) -> None:
        super().build()
        self.older = f"{self.image}.older"
        output_of("cp", self.image, self.older)
        generator = random.Random(1)
        run = int(self.byte_count * CHANGED / RUNS)
        with open(self.older, "r+b") as older:
            for index in range(RUNS):
                part = self.byte_count // RUNS
                older.seek(index * part + generator.randrange(part - run))
                older.write(os.urandom(run))

    def prepare(self, for_reading: bool) -> None:
        super().prepare(for_reading)
        output_of("dd", f"if={self.older}", f"of={self.device}", "bs=4M", "oflag=direct", "status=none")
        output_of("blockdev", "--flushbufs", self.device)


def measure_delta(burin: str, mebibytes: int, rounds: int) -> tuple[dict[str, list[Timing]], Footprint]:
    """What a whole write and one of what differs take, interleaved, and the memory of the latter."""
    timings: dict[str, list[Timing]] = {}
    with NightlyStage(burin, mebibytes * MIB) as stage, Throttle(stage.device) as throttle:
        def command(option: str) -> str:
            return throttle.slowed(stage.fill_in(
                f"{shlex.quote(burin)} write {{image}} {{device}} --yes --confirm {{id}} --allow-loop --allow-encrypted"
                f" --no-undo {option}", stage.image))

        for number in range(rounds):
            for option in ("", "--delta"):
                stage.prepare(for_reading=False)
                timings.setdefault(option, []).append(timed(command(option)))
                print(f"round {number + 1}: burin write {option}: {timings[option][-1]}", file=sys.stderr)
        stage.prepare(for_reading=False)
        memory = footprint(command("--delta"), [stage.image, stage.device])
    return timings, memory


def delta_table(timings: dict[str, list[Timing]], memory: Footprint) -> str:
    """Seconds, and how many times faster the one is."""
    whole, delta = (statistics.median(one.wall for one in timings[option]) for option in ("", "--delta"))
    return "\n".join([
        "| command | wall | faster | peak memory |", "| --- | ---: | ---: | ---: |",
        f"| burin write | {whole:.2f} s | 1.00 | |",
        f"| burin write --delta | {delta:.2f} s | {whole / delta:.2f} | {memory.peak_memory / MIB:.0f} MiB |"])
