"""Sticks that are tested: what they hold in truth, and what a quick test leaves as it was."""

from bench import MIB, check, check_status, scenario
from writing import check_head_zero


def test(machine, target, *options):
    """Tests a stick with full consent."""
    return machine.burin("test", target, "--yes", *options, timeout=240)


def check_size(result, size, situation):
    """Exit 10 with the true size to the byte."""
    check_status(result, 10, situation)
    exact = f"{size:,} bytes".replace(",", " ")
    for word in ("[fake-capacity]", exact):
        check(word in result.text, f"{situation}: '{word}' is not told:\n{result.text}")


@scenario("R43")
def tested_fakes(bench):
    """Sticks that wrap, drop or fail in one place: exit 10, with the size in truth or the place; a good one passes."""
    machine = bench.machine
    with machine.stick() as stick:
        half = stick.medium.size // 2
        stick.medium.wraps_at = half
        check_size(test(machine, stick.id()), half, "a stick that wraps")
        stick.medium.heal()
        stick.medium.ends_at = half + 512 * 77
        check_size(test(machine, stick.id()), half + 512 * 77, "a stick that drops")
        stick.medium.heal()
        stick.medium.flips[9 * MIB + 77] = 4
        result = test(machine, stick.id())
        check_status(result, 10, "a stick that flips a bit")
        check(f"bytes {9 * MIB} to {9 * MIB + 511}" in result.text, f"the place is not named: {result.text}")
        stick.medium.heal()
        check_status(test(machine, stick.id()), 0, "the same stick without a fault")
        check_head_zero(stick.medium, "a tested stick")


@scenario("R43", "R31")
def quickly_tested(bench):
    """A quick test finds fakes, leaves every byte as it was, and what a pulled stick lacks comes back by undo."""
    machine = bench.machine
    with machine.stick(serial="HEALTHY001") as stick:
        stick.dress()
        before = stick.medium.sha256(stick.medium.size)
        check_status(test(machine, stick.id(), "--quick"), 0, "a good stick")
        check(stick.medium.sha256(stick.medium.size) == before, "the quick test has left something")
        target = stick.id()
        stick.medium.when_written(stick.medium.size // 2, stick.pull_now)
        result = test(machine, target, "--quick")
        check_status(result, 4, "a stick that is pulled meanwhile")
        check("burin undo" in result.text, f"the way back is not told: {result.text}")
        stick.medium.heal()
        check_status(machine.burin("undo", stick.replug().id(), "--yes"), 0, "undo of a quick test")
        check(stick.medium.sha256(stick.medium.size) == before, "the undo has not brought everything back")
    with machine.stick() as stick:
        stick.medium.ends_at = stick.medium.size // 4
        result = test(machine, stick.id(), "--quick")
        check_status(result, 10, "a fake that is tested quickly")
        check("[fake-capacity]" in result.err, f"the fake is not named: {result.text}")
