"""Whole runs on devices as slow as sticks are, against the time that their bytes need at least."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from compiled import compiled
from measure import timed
from peers import LEANEST, OWN, UNHASHED, YARDSTICK, Peer, split
from stage import MIB, output_of
from whole import PeerStage

UNSAVED = f"{OWN} --no-undo"
# On a slow device a peer differs from another by its gaps only: one of each sort is enough.
COMPARED = (OWN, LEANEST, "dd, cmp", YARDSTICK, "bmaptool --nobmap, cmp", "ddrescue --odirect, cmp", "rpi-imager-cli",
            "qemu-img convert, compare")


class Pace(NamedTuple):
    """How slow a device is: bytes per second, and microseconds of idle time that it makes up for."""

    name: str
    read_rate: int
    write_rate: int
    credit: int
    mebibytes: int

    def least_seconds(self, read: int, written: int) -> float:
        """What so many bytes need at these rates."""
        return read / self.read_rate + written / self.write_rate


# The credit of the first is what control groups give.
PACES = (
    Pace("writes 40 MB/s, reads 160 MB/s, forgives 100 ms", 160_000_000, 40_000_000, 100_000, 512),
    Pace("writes 150 MB/s, reads 350 MB/s, forgives nothing", 350_000_000, 150_000_000, 0, 1024),
)


class SlowStage(PeerStage):
    """A stage whose device is slow, and keeps its own speed whoever asks."""

    def __init__(self, burin: str, pace: Pace, byte_count: int) -> None:
        super().__init__(burin, byte_count)
        self.pace = pace
        self.stick: subprocess.Popen | None = None

    def attach(self, disk: str) -> str:
        self.disk = disk
        self.place = self.scratch / "stick.img"
        self.place.touch()
        command = [compiled("stick", self.scratch), disk, str(self.place), str(self.pace.read_rate),
                   str(self.pace.write_rate), str(self.pace.credit)]
        self.stick = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.stick.stdout.readline() != "ready\n":
            sys.exit("the slow device could not be made")
        # Past the page cache, and so that requests wait in the queue of the stick, not in one before it.
        device = output_of("losetup", "--find", "--show", "--direct-io=on", str(self.place))
        # As usb-storage asks a fast stick, and what one request of the emulation holds.
        Path("/sys/block", Path(device).name, "queue/max_sectors_kb").write_text("1024")
        return device

    def __exit__(self, *arguments) -> None:
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], check=False)
            self.device = ""
        if self.stick is not None:
            subprocess.run(["umount", "--lazy", str(self.place)], check=False)
            self.stick.terminate()
            self.stick.wait()
        super().__exit__(*arguments)

    def prepare(self, for_reading: bool) -> None:
        """Past the device, which would take its time."""
        source = self.image if for_reading else "/dev/zero"
        output_of("dd", f"if={source}", f"of={self.disk}", "bs=4M", "conv=notrunc", "status=none",
                  f"count={self.byte_count // (4 * MIB)}")
        output_of("blockdev", "--flushbufs", self.device)

    def moved(self) -> tuple[int, int]:
        """Bytes that were read from the device and written to it, ever."""
        fields = Path("/sys/block", Path(self.device).name, "stat").read_text().split()
        return int(fields[2]) * 512, int(fields[6]) * 512


class Slow(NamedTuple):
    """The best run of one contender: seconds, how many times the least, and the bytes that the device moved for it."""

    wall: float
    times: float
    read: int
    written: int
    proof: str


def contenders(stage: SlowStage) -> dict[str, Peer]:
    peers = {name: peer for name, peer in split(stage.contenders())[0].items() if name in COMPARED}
    own = peers[OWN]
    options = {UNSAVED: "--no-undo", f"{UNHASHED} --no-undo": "--digest none --no-undo"}
    added = {name: own._replace(command=f"{own.command} {option}") for name, option in options.items()}
    return {OWN: own} | added | peers


def measure_pace(burin: str, pace: Pace, mebibytes: int, rounds: int) -> dict[str, Slow]:
    """The best of some rounds, interleaved: whatever else the machine does can only add to a run."""
    best: dict[str, Slow] = {}
    with SlowStage(burin, pace, mebibytes * MIB) as stage:
        for number in range(rounds):
            for name, peer in contenders(stage).items():
                stage.prepare(for_reading=False)
                before = stage.moved()
                wall = timed(stage.fill_in(peer.command, stage.image)).wall
                after = stage.moved()
                times = wall / pace.least_seconds(stage.byte_count, stage.byte_count)
                found = Slow(wall, times, after[0] - before[0], after[1] - before[1], peer.proof)
                best[name] = min(best.get(name, found), found)
                print(f"{pace.name}, round {number + 1}: {name}: {wall:.2f} s, {times:.3f}", file=sys.stderr)
    return best


def slow_table(measured: dict[Pace, dict[str, Slow]]) -> str:
    """Seconds, how many times the least that the bytes of the image need, and what the device really moved."""
    heads = " | ".join(f"{pace.name}: wall | times the least" for pace in measured)
    lines = [f"| command | {heads} | written, read |", "| --- |" + " ---: |" * (2 * len(measured) + 1)]
    for name in next(iter(measured.values())):
        found = [of_pace[name] for of_pace in measured.values()]
        cells = " | ".join(f"{one.wall:.2f} s | {one.times:.3f}" for one in found)
        lines.append(f"| {name} | {cells} | {found[-1].written / MIB:.0f} MiB, {found[-1].read / MIB:.0f} MiB |")
    return "\n".join(lines)
