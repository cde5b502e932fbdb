"""Compressed images: burin against the fastest decoders piped into dd, and against bmaptool."""

import itertools
import random
import re
import shlex
import shutil
import statistics
import subprocess
import sys
from typing import NamedTuple

from measure import Timing, timed
from stage import MIB, Stage

# What packs the image, and what may unpack it, the fastest first: the first one that is installed is measured.
FORMATS = {
    "gz": ("gzip", ["igzip", "pigz", "gzip"]),
    "xz": ("xz -T0", ["xz -T0"]),
    "zst": ("zstd -q", ["zstd -q"]),
    "bz2": ("bzip2", ["lbzip2", "pbzip2", "bzip2"]),
    "lz4": ("lz4 -q", ["lz4 -q"]),
}
OWN = "burin write"
# What burin has done when everything is written, as far as dd goes.
UNREAD = ", until it reads back"
# The same without the time to look at the disks and at the image, which is not longer for a longer image.
WRITING = ", from the first byte written on"
DECODER = "fastest decoder, dd"


class PackedStage(Stage):
    """The same image, packed in every format; a third of it zeros, a third text, a third noise."""

    # The image, the disk, and five packed ones of about half the length.
    copies = 5
    STRIPE = 8
    # Longer than any window, so that no decoder gains by the text coming again.
    TEXT = 64

    def write_image(self, image) -> None:
        chance = random.Random(20)
        letters = b"etaoinshrdlucmfwypvbgkjqxz"
        words = [bytes(chance.choices(letters, range(26, 0, -1), k=chance.randint(2, 11))) for _ in range(20000)]
        weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(words))))
        mebibytes = self.byte_count // MIB
        text = [b" ".join(chance.choices(words, cum_weights=weights, k=200_000))[:MIB].ljust(MIB)
                for _ in range(min(self.TEXT, mebibytes // 3 + self.STRIPE))]
        for number in range(mebibytes):
            stripe = number // self.STRIPE
            if stripe % 3 == 0:
                image.write(bytes(MIB))
            elif stripe % 3 == 1:
                image.write(text[(stripe // 3 * self.STRIPE + number % self.STRIPE) % len(text)])
            else:
                image.write(chance.randbytes(MIB))

    def build(self) -> None:
        super().build()
        self.report = self.scratch / "report"
        for suffix, (packer, _) in FORMATS.items():
            with open(self.packed(suffix), "wb") as packed:
                subprocess.run([*packer.split(), "-c", self.image], stdout=packed, check=True)

    def packed(self, suffix: str) -> str:
        return f"{self.image}.{suffix}"


class Measured(NamedTuple):
    """The medians of one contender, in seconds; no processor time where only a part of a run was measured."""

    wall: float
    cpu: float | None


def contenders(stage: PackedStage, suffix: str) -> dict[str, str]:
    """Shell commands by the name that the table shows."""
    packed = shlex.quote(stage.packed(suffix))
    decoder = next(command for command in FORMATS[suffix][1] if shutil.which(command.split()[0]))
    write = stage.fill_in(f"{shlex.quote(stage.burin)} write {packed} {{device}} --yes --confirm {{id}} "
                          "--allow-loop --json", stage.image)
    dd = f"dd of={stage.device} bs=4M oflag=direct conv=fsync status=none"
    return {
        OWN: f"{write} >{shlex.quote(str(stage.report))}",
        f"{OWN} --digest none": f"{write} --digest none >{shlex.quote(str(stage.report))}",
        DECODER: f"{decoder} -dc {packed} | {dd}",
        f"{DECODER} iflag=fullblock": f"{decoder} -dc {packed} | {dd} iflag=fullblock",
        "bmaptool copy": f"bmaptool --quiet copy --nobmap {packed} {stage.device}",
    }


def seconds(doing: str, report: str) -> float:
    """How long the medium was written or read back, as burin reports."""
    return float(re.search(rf'"seconds{doing}":\s*([0-9.e-]+)', report).group(1))


def measure_packed(burin: str, mebibytes: int, rounds: int) -> dict[str, dict[str, Measured]]:
    """What each contender takes for each format; all rounds are interleaved."""
    measured = {}
    with PackedStage(burin, mebibytes * MIB) as stage:
        for suffix in FORMATS:
            timings: dict[str, list[Timing]] = {}
            for number in range(rounds):
                for name, command in contenders(stage, suffix).items():
                    stage.prepare(for_reading=False)
                    timing = timed(command)
                    timings.setdefault(name, []).append(timing)
                    print(f"{suffix}, round {number + 1}: {name}: {timing}", file=sys.stderr)
                    if name.startswith(OWN):
                        report = stage.report.read_text()
                        parts = {UNREAD: timing.wall - seconds("Verifying", report),
                                 UNREAD + WRITING: seconds("Writing", report)}
                        for part, wall in parts.items():
                            timings.setdefault(name + part, []).append(Timing(wall, 0))
            measured[suffix] = {name: Measured(statistics.median(one.wall for one in found),
                                               statistics.median(one.cpu for one in found) or None)
                                for name, found in timings.items()}
    return measured


def packed_table(measured: dict[str, dict[str, Measured]]) -> str:
    """Ratios to burin's own run, wall and CPU."""
    lines = ["| command | " + " | ".join(measured) + " |", "| --- |" + " ---: |" * len(measured)]
    for name in next(iter(measured.values())):
        cells = []
        for found in measured.values():
            wall = f"{found[name].wall / found[OWN].wall:.2f}"
            cells.append(f"{wall}, {found[name].cpu / found[OWN].cpu:.2f}" if found[name].cpu else wall)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
