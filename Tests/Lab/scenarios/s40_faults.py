"""Sticks that are pulled, fail or become read-only while they are written: right code, nothing to boot."""

import random

import firmware
from bench import MARKER, MIB, check, check_status, scenario
from writing import (await_stopped, check_cannot_boot, check_engraved, check_head_zero, signal_writer, start_write,
                     write)


def points(image, medium):
    """Moments of a write as {name: how to arm an action for it}; the head is written twice, as zeros and as itself."""
    body, last = MIB + 5 * MIB + 777, image.size - 1

    def in_verification(offset):
        return lambda action: medium.when_written(last, lambda: medium.when_read(offset, action))

    def after_commit(action):
        return medium.when_written(700_000, lambda: medium.when_read(600_000, action), times=2)

    return {
        "while the head is zeroed": lambda action: medium.when_written(300_000, action),
        "while the tail is zeroed": lambda action: medium.when_written(medium.size - 400_000, action),
        "at the first byte of the body": lambda action: medium.when_written(MIB, action),
        "in the body": lambda action: medium.when_written(body, action),
        "at the last byte of the body": lambda action: medium.when_written(last, action),
        "while the body is read back": in_verification(body),
        "in the commit": lambda action: medium.when_written(700_000, action, times=2),
        "while the commit is read back": after_commit,
    }


@scenario("R31", "R36")
def unplug_at_every_stage(bench):
    """The stick is pulled at eight points: exit 4, and it holds nothing to boot from unless it holds everything."""
    machine, image = bench.machine, bench.image()
    stick = machine.stick()
    for name in points(image, stick.medium):
        stick.dress()
        target = stick.id()
        points(image, stick.medium)[name](stick.pull_now)
        result = write(machine, image, target)
        check(stick.medium.gone, f"unplug {name}: the write never came to this point (exit {result.status}):\n{result.text}")
        check_status(result, 4, f"unplug {name}")
        if "commit" in name:
            check_cannot_boot(stick.medium, image, f"unplug {name}")
        elif "zeroed" not in name:
            check_head_zero(stick.medium, f"unplug {name}")
        check(machine.run(f"test -f {stick.node}").status, f"unplug {name}: {stick.node} became a regular file")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        stick.medium.heal()
        stick.plug()


def pull_somewhere(stick, image, choice):
    """Arms a pull at a byte that nobody has chosen: of what is written, or of what is read back."""
    if choice.random() < 0.6:
        count = choice.randrange(1, image.size + 2 * MIB)
        stick.medium.at_written(count, stick.pull_now)
        return f"after {count} bytes written"
    place = choice.randrange(MIB, image.size)
    stick.medium.when_written(image.size - 1, lambda: stick.medium.when_read(place, stick.pull_now))
    return f"when byte {place} is read back"


@scenario("R31", "R36", "R40")
def unplug_at_any_byte(bench):
    """The stick is pulled at twelve more points, chosen by lot: exit 4, it is not called a fake, and it does not boot."""
    machine, image = bench.machine, bench.image()
    stick, choice = machine.stick(), random.Random(20)
    for _ in range(12):
        stick.dress()
        target = stick.id()
        stick.medium.heal()
        where = pull_somewhere(stick, image, choice)
        result = write(machine, image, target)
        check(stick.medium.gone, f"unplug {where}: the write never came to this point (exit {result.status}):\n{result.text}")
        check_status(result, 4, f"unplug {where}")
        check("[device-too-short]" not in result.text, f"unplug {where}: a pulled stick is called a fake:\n{result.text}")
        check_cannot_boot(stick.medium, image, f"unplug {where}")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        stick.medium.heal()
        stick.plug()


@scenario("R38", "R39", "R36")
def io_errors(bench):
    """EIO on a write, on a read and on each flush: exit 4 (or 1), the place is named, nothing to boot from."""
    machine, image = bench.machine, bench.image()
    sector = 6 * MIB + 512 * 9
    faults = {
        "a write fails in the body": lambda medium: medium.fail_writes.append((sector, sector + 512)),
        "a read fails in the body": lambda medium: medium.fail_reads.append((sector, sector + 512)),
        "the first flush fails": lambda medium: setattr(medium, "fail_flushes", 0),
        "the flush after the body fails": lambda medium: medium.when_written(
            image.size - 1, lambda: setattr(medium, "fail_flushes", medium.flushes)),
        "a write fails in the commit": lambda medium: medium.when_written(
            MIB, lambda: medium.fail_writes.append((512 * 99, 512 * 100))),
    }
    for name, arm in faults.items():
        with machine.stick() as stick:
            stick.dress()
            target = stick.id()
            arm(stick.medium)
            result = write(machine, image, target)
            check_status(result, (1, 4), name)
            check_cannot_boot(stick.medium, image, name)
            if "body" in name:
                check_head_zero(stick.medium, name)
            if name.startswith("a "):
                check(any(character.isdigit() for character in result.err), f"{name}: no place is named: {result.err}")


@scenario("R29", "R38")
def becomes_read_only(bench):
    """The kernel makes the stick read-only in the middle of the body: exit 4, the head is zero."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        stick.medium.when_written(5 * MIB, signal_writer(machine, "STOP"))
        job = start_write(machine, image, target)
        await_stopped(machine)
        machine.must(f"blockdev --setro {stick.node}; kill -CONT $(cat /run/writer)")
        check_status(job.wait(), 4, "the stick became read-only")
        check_head_zero(stick.medium, "the stick became read-only")


@scenario("R40")
def signals_at_any_byte(bench):
    """SIGINT, SIGTERM, SIGHUP and SIGQUIT at pseudo-random byte counts: exit 128 + n, the head is zero."""
    machine, image = bench.machine, bench.image()
    stick = machine.stick()
    for name, number, count in (("INT", 2, 2_345_678), ("TERM", 15, 6_000_001), ("HUP", 1, 9_876_543),
                                ("QUIT", 3, 12_000_000), ("TERM", 15, 1_111_111)):
        stick.dress()
        target = stick.id()
        stick.medium.heal()
        stick.medium.at_written(count, signal_writer(machine, name))
        result = start_write(machine, image, target).wait(120)
        check_status(result, 128 + number, f"SIG{name} after {count} bytes")
        check_head_zero(stick.medium, f"SIG{name} after {count} bytes")
        check("cannot boot" in result.err or "does not boot" in result.err or "not bootable" in result.err,
              f"SIG{name}: the state of the stick is not told:\n{result.text}")


@scenario("R40")
def second_signal(bench):
    """A second SIGINT at once: nothing more is written, not even to make sure; exit 130, the head is zero."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        # A second one that comes before the first is taken would be none; the request they come in waits for both.
        stick.medium.when_written(5 * MIB, signal_writer(machine, "INT $(cat /run/writer); pause 0.5; kill -INT"))
        result = start_write(machine, image, target, "--no-undo").wait()
        check_status(result, 130, "two SIGINT")
        check_head_zero(stick.medium, "two SIGINT")
        check("[incomplete]" not in result.err, f"it has taken its time to tell what is left:\n{result.err}")


@scenario("R40")
def stopped_by_ctrl_z(bench):
    """SIGTSTP in the body, and SIGCONT two seconds later: the image is whole, and the report tells of the pause."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        stick.medium.when_written(5 * MIB, signal_writer(machine, "TSTP"))
        # Of its own process group in the shell's session, as a command that somebody typed: one without a parent that
        # could continue it is not stopped.
        job = machine.start(f"rm -f /run/writer; set -m; burin write {image.guest} {target} --yes --no-undo >/tmp/report & "
                            "echo $! >/run/starting; mv /run/starting /run/writer; "
                            "await 60 grep -q '^State:.T' /proc/$!/status || exit 99; pause 2; kill -CONT $!; "
                            "await 60 eval '[ ! -e /proc/'$!'/fd/0 ]'; wait $!; status=$?; cat /tmp/report; exit $status")
        result = job.wait(90)
        check_status(result, 0, "a write that was stopped and continued")
        check("burin was stopped for" in result.out, f"the pause is not told:\n{result.text}")
        check_engraved(stick.medium, image)


@scenario("R40")
def nobody_reads_the_report(bench):
    """Standard output is closed while the stick is written, which SIGPIPE does not end: exit 0, the image is whole."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        result = machine.run(f"burin write {image.guest} {stick.id()} --yes --no-undo | head -c 1 >/dev/null; "
                             "exit ${PIPESTATUS[0]}", timeout=180)
        check_status(result, 0, "a report that nobody reads")
        check_engraved(stick.medium, image)


@scenario("R40")
def killed_at_any_byte(bench):
    """SIGKILL in the body: nothing to boot from, and the stick can be written again at once."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        stick.medium.when_written(8 * MIB, signal_writer(machine, "KILL"))
        check_status(start_write(machine, image, target).wait(), 137, "SIGKILL")
        check_head_zero(stick.medium, "SIGKILL")
        check_status(write(machine, image, stick.id()), 0, "write after a killed write")


@scenario("R36", "R40")
def gone_after_the_first_request(bench):
    """A stick that boots is written anew and is gone behind the first request: no firmware finds anything to start."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        check_status(write(machine, image, stick.id()), 0, "write of what is to boot")
        target = stick.id()
        stick.medium.heal()
        stick.medium.when_written(700_000, lambda: True)
        check_status(write(machine, image, target), 4, "gone behind the first request")
        check(not stick.medium.is_zero(64 << 10, MIB - (64 << 10)), "the rest of the head is erased already")
        for kind in ("seabios", "ovmf"):
            result = firmware.boot(stick.medium.path, kind, MARKER)
            check(not result, f"what was on the stick before still starts under {kind}")
            check(result.why.startswith("the firmware says"), f"{kind}: {result.why}")


def check_fake(result, size, situation):
    """Exit 4 with the reason, and the true size in words."""
    check_status(result, 4, situation)
    for word in ("[fake-capacity]", f"{size / 1e6:.1f} MB", "--allow-fake"):
        check(word in result.err, f"{situation}: '{word}' is not told:\n{result.err}")


@scenario("R43", "R36")
def fake_that_wraps(bench):
    """The image fits, but addresses wrap at half of the claimed size: exit 4, nothing to boot; with the option a warning."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        half = stick.medium.size // 2
        stick.medium.wraps_at = half
        target = stick.id()
        check_fake(write(machine, image, target), half, "a stick that wraps")
        check_head_zero(stick.medium, "a stick that wraps")
        result = write(machine, image, target, "--allow-fake")
        check_status(result, 0, "a stick that wraps, tolerated")
        check("warning" in result.err and "[fake-capacity]" in result.err, f"no warning: {result.text}")
        check(stick.medium.sha256(image.size) == image.sha256, "the backing file does not hold the image")
        check_status(machine.burin("verify", image.guest, stick.node), 0, "verify of the fake")


@scenario("R43", "R36")
def fake_that_drops(bench):
    """The image fits, but what is written beyond the true end is lost: exit 4, nothing to boot from."""
    machine, image = bench.machine, bench.image()
    with machine.stick(fill=None) as stick:
        stick.medium.ends_at = stick.medium.size // 2
        result = write(machine, image, stick.id())
        check_fake(result, stick.medium.size // 2, "a stick that drops")
        check_head_zero(stick.medium, "a stick that drops")
        stick.medium.heal()
        check_status(write(machine, image, stick.id()), 0, "the same stick with all of its memory")
        check_engraved(stick.medium, image)
