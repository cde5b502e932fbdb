"""One image onto 1, 2, 4 and 8 devices at once, and what each further one costs.

The yardstick is dd to all of them at once, and past the cache back from all of them: what has to be done for each.
"""

import json
import shlex
import statistics
import subprocess
import sys
from typing import NamedTuple

from budgets import Budget
from measure import Footprint, footprint, timed
from stage import MIB, Stage, output_of

COUNTS = (1, 2, 4, 8)
# Of memory, for one device and for each further one; of the page cache, in all.
FIRST_MEMORY, FURTHER_MEMORY, CACHE = 64 * MIB, 16 * MIB, 16 * MIB
# A further device may cost no more CPU time than dd to it and back; a little is the noise of a busy machine.


class Many(NamedTuple):
    """What was measured for a number of devices: seconds of burin and of dd, and what burin used."""

    wall: float
    cpu: float
    yard_wall: float
    yard_cpu: float
    footprint: Footprint


class ManyStage(Stage):
    """A stage with as many devices as there are at most."""

    copies = 2 + max(COUNTS)

    def build(self) -> None:
        super().build()
        self.devices = [self.device]
        for number in range(1, max(COUNTS)):
            disk = self.scratch / "memory" / f"disk{number}"
            with open(disk, "wb") as file:
                file.write(b"\xff" * self.byte_count)
            self.devices.append(output_of("losetup", "--find", "--show", str(disk)))

    def __exit__(self, *arguments) -> None:
        for device in getattr(self, "devices", [])[1:]:
            subprocess.run(["losetup", "--detach", device], check=False)
        super().__exit__(*arguments)

    def ids(self, count: int) -> list[str]:
        listing = json.loads(output_of(self.burin, "list", "--all", "--json"))
        found = {device["path"]: device["id"] for device in listing["devices"]}
        return [found[device] for device in self.devices[:count]]

    def prepare_all(self, count: int) -> None:
        self.prepare(for_reading=False)
        for device in self.devices[:count]:
            output_of("blockdev", "--flushbufs", device)


def burin_command(stage: ManyStage, count: int, image: str) -> str:
    """Without what dd does not do: to save what was there, and to note the run."""
    words = [stage.burin, "write", image, *stage.ids(count), "--yes", "--allow-loop", "--allow-encrypted",
             "--no-undo", "--no-history"]
    return shlex.join(words)


def dd_command(stage: ManyStage, count: int) -> str:
    one = ("(dd if={image} of={device} bs=4M oflag=direct conv=fsync status=none && "
           "dd if={device} of=/dev/null bs=4M iflag=direct status=none) &")
    return " ".join(one.format(image=shlex.quote(stage.image), device=device)
                    for device in stage.devices[:count]) + " wait"


def footprint_of(stage: ManyStage, count: int) -> Footprint:
    """What burin uses for a number of devices."""
    stage.prepare_all(count)
    return footprint(burin_command(stage, count, stage.image_on_disk), [stage.image_on_disk, *stage.devices[:count]])


def measure_footprints(burin: str, mebibytes: int, counts: tuple[int, ...]) -> dict[int, Footprint]:
    """What burin uses for some numbers of devices."""
    with ManyStage(burin, mebibytes * MIB) as stage:
        return {count: footprint_of(stage, count) for count in counts}


def measure_many(burin: str, mebibytes: int, rounds: int) -> dict[int, Many]:
    """What each number of devices takes; all rounds are interleaved, and the median counts."""
    times: dict[tuple[str, int], list] = {}
    measured = {}
    with ManyStage(burin, mebibytes * MIB) as stage:
        for number in range(rounds):
            for count in COUNTS:
                for name, command in (("burin", burin_command(stage, count, stage.image)),
                                      ("dd", dd_command(stage, count))):
                    stage.prepare_all(count)
                    timing = timed(command)
                    times.setdefault((name, count), []).append(timing)
                    print(f"round {number + 1}, {count} devices: {name}: {timing}", file=sys.stderr)
        for count in COUNTS:
            used = footprint_of(stage, count)
            own, yard = times["burin", count], times["dd", count]
            measured[count] = Many(
                statistics.median(one.wall for one in own), statistics.median(one.cpu for one in own),
                statistics.median(one.wall for one in yard), statistics.median(one.cpu for one in yard), used)
    return measured


def many_table(measured: dict[int, Many]) -> str:
    """Wall and CPU time as seconds and as ratios to dd, memory, and growth of the page cache."""
    lines = ["| devices | wall, s | CPU, s | wall to dd | CPU to dd | peak memory | page cache grows by |",
             "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for count, one in measured.items():
        lines.append(f"| {count} | {one.wall:.2f} | {one.cpu:.2f} | {one.wall / one.yard_wall:.2f} "
                     f"| {one.cpu / one.yard_cpu:.2f} | {one.footprint.peak_memory / MIB:.0f} MiB "
                     f"| {one.footprint.cache_growth / MIB:.0f} MiB |")
    return "\n".join(lines)


def footprint_budgets(measured: dict[int, Footprint]) -> list[Budget]:
    """What each number of devices may use."""
    budgets = []
    for count, used in measured.items():
        memory = FIRST_MEMORY + (count - 1) * FURTHER_MEMORY
        budgets += [Budget(f"{count} devices at once, peak memory, MiB", used.peak_memory / MIB, memory / MIB),
                    Budget(f"{count} devices at once, growth of the page cache, MiB",
                           used.cache_growth / MIB, CACHE / MIB)]
    return budgets
