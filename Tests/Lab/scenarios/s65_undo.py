"""What a write is about to destroy is saved first, and comes back onto that very stick."""

import hashlib
import os
import shutil

from bench import MIB, check, check_status, scenario
from writing import signal_writer, start_write, write

STATE = "/var/lib/burin"
# Each stick here has a serial number of its own: those of other scenarios have records too.


def undo(machine, target, *options):
    """Brings back with full consent."""
    return machine.burin("undo", target, "--yes", *options)


def digest(medium):
    """What the whole medium holds, seen from outside the guest."""
    return hashlib.sha256(medium.bytes_at(0, medium.size)).hexdigest()


def dressed(stick):
    """A stick with an older system, and what all of it is."""
    return digest(stick.dress().medium)


def check_back(machine, stick, before, situation):
    """The medium is what it was, and the kernel shows its old partition."""
    check(digest(stick.medium) == before, f"{situation}: the medium is not what it was before")
    machine.must(f"udevadm settle; await 10 test -b {stick.node}1")


@scenario("R33")
def undo_save_killed(bench):
    """SIGKILL in the middle of the save: no byte of the stick has changed, and the next write clears up."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="UNDOKILLED") as stick:
        before, target = dressed(stick), stick.id()
        stick.medium.heal()
        stick.medium.when_read(5 * MIB, signal_writer(machine, "KILL"))
        check_status(start_write(machine, image, target).wait(), 137, "SIGKILL in the save")
        check(stick.medium.written == 0, f"{stick.medium.written} bytes were written by a save")
        check_back(machine, stick.replug(), before, "SIGKILL in the save")
        check("saving" in machine.must(f"ls -A {STATE}"), "the save was over before it was killed")
        check_status(undo(machine, stick.id()), 7, "undo of what was never saved")
        check_status(write(machine, image, stick.id()), 0, "write after a killed save")
        check("saving" not in machine.must(f"ls -A {STATE}"), "half a record is still there")
        check_status(undo(machine, stick.id()), 0, "undo")
        check_back(machine, stick, before, "undo")


@scenario("R33")
def undo_save_power_cut(bench):
    """The power goes in the middle of the save: no byte of the stick has changed."""
    image, machine = bench.image(), bench.boot()
    try:
        stick = machine.stick()
        before, target = dressed(stick), stick.id()
        stick.medium.heal()
        stick.medium.when_read(5 * MIB, machine.kill)
        start_write(machine, image, target).finished.wait(120)
        check(machine.dead, "the save never came to this point")
        check(digest(stick.medium) == before, "the medium has changed")
    finally:
        machine.stop()


@scenario("R33")
def undo_without_room(bench):
    """A state directory that is full or read-only: exit 8, and no sector of the stick is written."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="UNDONOROOM") as stick:
        before, target = dressed(stick), stick.replug().id()
        for options in ("size=1m", "size=1m,ro"):
            machine.must(f"mkdir -p /mnt/state && mount -t tmpfs -o mode=700,{options} state /mnt/state")
            sectors = stick.written_sectors()
            result = machine.run(f"BURIN_STATE_DIRECTORY=/mnt/state/burin burin write {image.guest} {target} --yes")
            machine.must("umount /mnt/state")
            check_status(result, 8, f"a state directory with {options}")
            check("undo-save-failed" in result.err and "--no-undo" in result.err, f"not told: {result.err}")
            check(stick.written_sectors() == sectors, "the stick was written")
            check_back(machine, stick, before, f"a state directory with {options}")


@scenario("R40")
def undo_stopped_write(bench):
    """A write stopped or killed at several bytes costs nothing: the medium is what it was, the partition is back."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="UNDOSTOPPED") as stick:
        for name, status, count in (("TERM", 143, 1_500_000), ("KILL", 137, 3_000_001), ("KILL", 137, 100_000),
                                    ("INT", 130, 9_000_000)):
            before, target = dressed(stick), stick.id()
            stick.medium.heal()
            stick.medium.at_written(count, signal_writer(machine, name))
            result = start_write(machine, image, target).wait(120)
            check_status(result, status, f"SIG{name} after {count} bytes")
            if name != "KILL":
                check("burin undo" in result.err, f"undo is not offered: {result.err}")
            check(digest(stick.medium) != before, f"SIG{name} after {count} bytes: nothing was written")
            check_status(undo(machine, target), 0, f"undo after SIG{name} and {count} bytes")
            check_back(machine, stick, before, f"undo after SIG{name} and {count} bytes")


@scenario("R2")
def undo_that_very_stick(bench):
    """A whole write is undone after a replug; another stick, and one that cannot be told apart, are refused."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="UNDOVERY") as stick, machine.stick(serial="UNDOOTHER") as other:
        before = dressed(stick)
        untouched = dressed(other)
        check_status(write(machine, image, stick.id()), 0, "write")
        check_status(undo(machine, other.id()), 7, "undo onto another stick")
        check(digest(other.medium) == untouched, "another stick was written")
        stick.replug()
        with machine.stick(serial=stick.serial) as twin:
            twin.dress()
            check_status(undo(machine, stick.id()), 2, "undo beside a stick with the same serial number")
        target = stick.id()
        listing = machine.burin("undo", "--json").json
        records = [one for one in listing["records"] if one["target"] == target]
        check(records and records[0]["balance"]["complete"], f"not listed as its own: {listing}")
        result = undo(machine, target, "--json")
        check_status(result, 0, "undo after a replug")
        check_back(machine, stick, before, "undo after a replug")


@scenario("R2", "R40")
def undo_after_power_cut(bench):
    """The power goes in the body; on a machine started anew, what the state directory kept brings everything back."""
    image, machine = bench.image(), bench.boot()
    kept = os.path.join(bench.cache, "kept")
    shutil.rmtree(kept, ignore_errors=True)
    try:
        stick = machine.stick()
        before, target = dressed(stick), stick.id()
        stick.medium.when_written(7 * MIB + 1, machine.kill)
        machine.must("mkdir -p /share/state")
        command = f"BURIN_STATE_DIRECTORY=/share/state exec burin write {image.guest} {target} --yes"
        machine.start(command).finished.wait(120)
        check(machine.dead, "the write never came to this point")
        check(digest(stick.medium) != before, "nothing was written")
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
        result = machine.run(f"BURIN_STATE_DIRECTORY=/share/state burin undo {stick.id()} --yes")
        check_status(result, 0, "undo on a machine started anew")
        check_back(machine, stick, before, "undo on a machine started anew")
    finally:
        machine.stop()
        shutil.rmtree(kept, ignore_errors=True)
