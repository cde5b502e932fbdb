"""Writes over what is there already: only what differs, and what an interruption has left out."""

import os
import shutil

from bench import MIB, check, check_status, scenario
from writing import check_engraved, check_head_zero, signal_writer, start_write, write

# Each stick here has a serial number of its own: those of other scenarios have notes too.


def resume(machine, target):
    """Goes on with full consent."""
    return machine.burin("resume", target, "--yes", "--json")


def delta(result):
    """What a result says of what was there already."""
    return result.events[-1]["delta"]


@scenario("R36", "R41")
def delta_writes_what_differs(bench):
    """A byte of the body is changed behind burin's back: one block is written again, and the stick is whole."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="DELTANIGHT") as stick:
        stick.dress()
        check_status(write(machine, image, stick.id()), 0, "the whole write")
        stick.replug()
        stick.medium.put(9 * MIB + 5, b"\x00\xff")
        result = write(machine, image, stick.id(), "--delta", "--json")
        check_status(result, 0, "the write of what differs")
        check_engraved(stick.medium, image)
        found = delta(result)
        check(found["comparedBytes"] >= image.size - MIB, f"not all of it was compared: {found}")
        # The marks of the probing lie in a dozen blocks more.
        check(0 < found["writtenBytes"] <= 20 * 65536, f"more than what differs was written: {found}")


@scenario("R43", "R41")
def delta_onto_a_fake(bench):
    """What is equal on a stick that wraps around proves nothing: exit 1 or 4, nothing to boot from."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="DELTAFAKE") as stick:
        stick.dress()
        check_status(write(machine, image, stick.id()), 0, "the whole write")
        for size in (8 * MIB, 32 * MIB):
            stick.replug()
            stick.medium.wraps_at = size
            check_status(write(machine, image, stick.id(), "--delta"), (1, 4), f"a stick that wraps at {size}")
            check_head_zero(stick.medium, f"a stick that wraps at {size}")
            stick.medium.heal()


@scenario("R8", "R31", "R40")
def resume_after_unplug(bench):
    """Pulled in the body, killed in the body, pulled while it is read back: plugged in again, it is gone on with."""
    machine, image = bench.machine, bench.image()
    last = image.size - 1
    with machine.stick(serial="RESUMEPULL") as stick:
        points = {
            "unplugged in the body": (4, lambda: stick.medium.when_written(7 * MIB + 1, stick.pull_now)),
            "killed in the body": (
                137, lambda: stick.medium.when_written(9 * MIB, signal_writer(machine, "KILL"))),
            "unplugged while it is read back": (4, lambda: stick.medium.when_written(
                last, lambda: stick.medium.when_read(6 * MIB, stick.pull_now))),
        }
        for name, (status, arm) in points.items():
            stick.dress()
            target = stick.id()
            stick.medium.heal()
            arm()
            result = start_write(machine, image, target).wait(120)
            check_status(result, status, name)
            check_head_zero(stick.medium, name)
            if status == 4:
                check("burin resume" in result.err, f"{name}: going on is not offered:\n{result.err}")
                machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
                stick.medium.heal()
                stick.plug()
            listing = machine.burin("resume", "--json").json
            check(any(one["target"] == stick.id() for one in listing["runs"]), f"{name}: not listed: {listing}")
            result = resume(machine, stick.id())
            check_status(result, 0, f"{name}: going on")
            check_engraved(stick.medium, image)
            check(delta(result)["writtenBytes"] < image.size - 4 * MIB, f"{name}: begun anew: {delta(result)}")
            check_status(resume(machine, stick.id()), 7, f"{name}: nothing is left to go on with")


@scenario("R8", "R36", "R40")
def resume_after_power_cut(bench):
    """The power goes in the body, with a volatile cache; on a machine started anew, the write is gone on with."""
    image, machine = bench.image(), bench.boot()
    kept = os.path.join(bench.cache, "kept-run")
    shutil.rmtree(kept, ignore_errors=True)
    try:
        stick = machine.stick(serial="RESUMECUT")
        target = stick.dress().id()
        stick.medium.volatile = True
        stick.medium.when_written(7 * MIB + 1, machine.kill)
        machine.must("mkdir -p /share/state")
        command = f"BURIN_STATE_DIRECTORY=/share/state exec burin write {image.guest} {target} --yes"
        machine.start(command).finished.wait(120)
        check(machine.dead, "the write never came to this point")
        stick.medium.lose_cache(seed=4711)
        check_head_zero(stick.medium, "the power cut")
        shutil.copytree(os.path.join(machine.share, "state"), kept)
        content, serial = stick.medium.bytes_at(0, stick.medium.size), stick.serial
    finally:
        machine.stop()
    machine = bench.boot()
    try:
        stick = machine.stick(serial=serial)
        stick.unplug()
        stick.medium.put(0, content)
        stick.plug()
        shutil.copytree(kept, os.path.join(machine.share, "state"))
        machine.must("chown -R 0:0 /share/state; chmod 700 /share/state")
        result = machine.run(
            f"BURIN_STATE_DIRECTORY=/share/state burin resume {stick.id()} --yes", timeout=180)
        check_status(result, 0, "going on, on a machine started anew")
        check_engraved(stick.medium, image)
    finally:
        machine.stop()
        shutil.rmtree(kept, ignore_errors=True)


@scenario("R8", "R31")
def resume_without_a_serial_number(bench):
    """A stick that says nothing of its own is pulled in the body: plugged in again it is known by what is on it, its twin is not."""
    machine, image, serial = bench.machine, bench.image(), "0123456789ABCDEF"
    with machine.stick(serial=serial) as stick, machine.stick(serial=serial, plug=False) as twin:
        target = stick.dress().id()
        stick.medium.heal()
        stick.medium.when_written(7 * MIB + 1, stick.pull_now)
        check_status(start_write(machine, image, target).wait(120), 4, "unplugged in the body")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        twin.dress().plug()
        result = resume(machine, twin.id())
        check_status(result, 7, "going on with the twin")
        check("[resume-nothing]" in result.text, f"not said why:\n{result.text}")
        check(twin.medium.written == 0, "the twin was written")
        twin.unplug()
        stick.medium.heal()
        stick.plug()
        result = resume(machine, stick.id())
        check_status(result, 0, "going on with the stick itself")
        check_engraved(stick.medium, image)
        check(delta(result)["writtenBytes"] < image.size - 4 * MIB, f"begun anew: {delta(result)}")
        check(any("known again by what was on it" in one for one in result.events[-1]["notProven"]), "how it was known")
