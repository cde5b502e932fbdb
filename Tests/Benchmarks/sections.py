"""What each kind of measurement says in the documents."""

import textwrap

from crowd import DEVICES, MOUNTS, crowded_times, start_times
from delta import delta_table, measure_delta
from many import many_table, measure_many
from packed import measure_packed, packed_table
from peers import CACHED, CACHED_DIGEST, DIGEST, DIRECT, LEANEST, NOTHING, OWN, UNHASHED, YARDSTICK
from plot import Bar, Panel, drawn
from report import Section, machine
from slow import PACES, UNSAVED, Slow, measure_pace, slow_table
from stage import MIB
from whole import VERIFY, Result, compare_all, only_reads, whole_table

LISTING_ROUNDS = 40
KINDS = {DIGEST: "direct", DIRECT: "direct", CACHED_DIGEST: "cached", CACHED: "cached", NOTHING: "unread"}


def whole_section(burin: str, mebibytes: int | None, rounds: int | None) -> Section:
    mebibytes, rounds = mebibytes or 2048, rounds or 5
    peers, results, missing = compare_all(burin, mebibytes, rounds)
    crowded, starts = crowded_times(burin, LISTING_ROUNDS), start_times(burin, LISTING_ROUNDS)
    lines = [f"{machine()}; {mebibytes} MiB, the median of up to {rounds} rounds.", "", whole_table(peers, results), ""]
    lines += [f"`{name}`: {results[name].wall:.2f} s of wall time, {results[name].cpu:.2f} s of CPU."
              for name in (OWN, VERIFY)]
    lines += [f"`{name}` among {DEVICES} loop devices and {MOUNTS} mounts: {wall:.0f} ms, {cpu:.0f} ms of CPU."
              for name, (wall, cpu) in crowded.items()]
    lines += [f"`{name}` on this machine: {wall:.1f} ms." for name, wall in starts.items()]
    lines += ["", "Not run: " + "; ".join(f"{name}: {reason}" for name, reason in missing.items()) + "."]
    bars = sorted((Bar(name, result.wall, f"{result.wall:.2f} s", kind(name, peers[name].proof))
                   for name, result in results.items() if not only_reads(name)), key=lambda bar: bar.value)
    title = f"Write and check {mebibytes} MiB, a device in memory: seconds"
    return Section("whole", "\n".join(lines), drawn([Panel(title, bars)]), whole_summary(results, mebibytes))


def whole_summary(results: dict[str, Result], mebibytes: int) -> str:
    own = results[OWN]
    return filled(
        f"A device in memory, so that the program is the limit, {mebibytes} MiB: written, read back past the cache and "
        f"its SHA-256 taken in {own.wall:.2f} s; `dd` and OpenSSL's digest of both take "
        f"{results[YARDSTICK].wall / own.wall:.1f} times as long. Without a digest it is "
        f"{results[UNHASHED].wall:.2f} s, and {results[LEANEST].wall:.2f} s for the least that a program in C can do. "
        f"burin needs {own.footprint.peak_memory / MIB:.0f} MiB of memory, whatever the image.")


def slow_section(burin: str, mebibytes: int | None, rounds: int | None) -> Section:
    rounds = rounds or 1
    measured = {pace: measure_pace(burin, pace, mebibytes or pace.mebibytes, rounds) for pace in PACES}
    sizes = " and ".join(f"{mebibytes or pace.mebibytes} MiB" for pace in PACES)
    how = "one round" if rounds == 1 else f"the best of {rounds} rounds"
    text = f"{machine()}; {sizes}, {how}.\n\n{slow_table(measured)}"
    panels = [
        Panel(f"Time lost on a stick that {pace.name}", sorted(
            (Bar(name, max(0, one.times - 1), f"{(one.times - 1) * 100:.1f} %", kind(name, one.proof))
             for name, one in found.items()), key=lambda bar: bar.value))
        for pace, found in measured.items()]
    return Section("slow", text, drawn(panels), slow_summary(measured[PACES[-1]]))


def slow_summary(found: dict[str, Slow]) -> str:
    peers = {name: one for name, one in found.items() if not name.startswith("burin") and name != LEANEST}
    best = min(peers, key=lambda name: peers[name].times)
    lost = {name: f"{(one.times - 1) * 100:.1f} %" for name, one in found.items()}
    return filled(
        f"On a device as slow as a good stick, writing and reading back take {lost[UNSAVED]} more than the bytes need "
        f"at its rates, {lost[OWN]} with what is saved for `burin undo`; the best other program, {best}, takes "
        f"{lost[best]} more.")


def filled(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def packed_section(burin: str, mebibytes: int | None, rounds: int | None) -> Section:
    mebibytes, rounds = mebibytes or 512, rounds or 5
    table = packed_table(measure_packed(burin, mebibytes, rounds))
    return Section("packed", f"{machine()}; {mebibytes} MiB, the median of {rounds} rounds.\n\n{table}")


def delta_section(burin: str, mebibytes: int | None, rounds: int | None) -> Section:
    mebibytes, rounds = mebibytes or 256, rounds or 5
    table = delta_table(*measure_delta(burin, mebibytes, rounds))
    return Section("delta", f"{machine()}; {mebibytes} MiB, the median of {rounds} rounds.\n\n{table}")


def many_section(burin: str, mebibytes: int | None, rounds: int | None) -> Section:
    mebibytes, rounds = mebibytes or 512, rounds or 5
    table = many_table(measure_many(burin, mebibytes, rounds))
    return Section("many", f"{machine()}; {mebibytes} MiB, the median of {rounds} rounds.\n\n{table}")


def kind(name: str, proof: str) -> str:
    """How a bar is drawn."""
    return "own" if name.startswith("burin") else KINDS[proof]


# By the option that asks for it.
SECTIONS = {"whole": whole_section, "slow": slow_section, "packed": packed_section, "delta": delta_section,
            "many": many_section}
