"""What befalls a run besides errors: a changed card, a stick that hangs or is reset, clocks, memory, a full disk."""

import threading
import time

from bench import MIB, check, check_status, scenario
from card import Card, inserted
from writing import check_engraved, check_head_zero, start, start_write, write


def changed(machine, command, name, is_seen=False):
    """Runs a command on a card that is changed for another one when 8 MiB of it are written; returns its result.

    The command stands still meanwhile, with no request under way: where one fails in the moment of the change, QEMU
    says of the change only to the question why, and the kernel resets the reader, tries again and takes no notice.
    """
    node = machine.must("disk_at '[0-9]*-15'")
    first, second = Card(machine, f"{name}1", b"1"), Card(machine, f"{name}2", b"2")
    target, reached, released = inserted(machine, node, first), threading.Event(), threading.Event()
    first.medium.when_written(8 * MIB, lambda: reached.set() or not released.wait(200))
    job = start(machine, command % target)
    check(reached.wait(200), f"{name}: 8 MiB were never written:\n{job.output()}")
    machine.must("kill -STOP $(cat /run/writer)")
    released.set()
    machine.must(f"await 60 eval '! grep -q [1-9] /sys/block/{node[5:]}/inflight'")
    second.insert()
    if is_seen:
        machine.run(f"dd if={node} of=/dev/null bs=512 count=1; dd if={node} of=/dev/null bs=512 count=1")
    machine.must("kill -CONT $(cat /run/writer)")
    result = job.wait(180)
    check_status(result, 4, f"{name}: a card that is changed")
    check(second.medium.written == 0, f"{name}: {second.medium.written} bytes were written to the other card")
    machine.take_card()
    for card in (first, second):
        card.discard()
    return result


@scenario("R29", "R31")
def card_is_changed_meanwhile(bench):
    """Another card is put into the reader during a write, a test and a quick test: exit 4, and it is not written to."""
    commands = {"write": f"write {bench.image().guest} %s --yes", "test": "test %s --yes",
                "quick": "test %s --yes --quick --no-undo"}
    for name, command in commands.items():
        changed(bench.machine, command, name)


@scenario("R29", "R31")
def card_is_changed_and_seen(bench):
    """Somebody opens the reader after the change, so that no request fails any more: burin sees that it is another card."""
    result = changed(bench.machine, f"write {bench.image().guest} %s --yes", "seen", is_seen=True)
    check("[target-changed]" in result.text, f"not said why:\n{result.text}")


def await_words(job, words, seconds=60):
    """Waits until a running command has printed something."""
    deadline = time.monotonic() + 4 * seconds
    while words not in job.output():
        check(time.monotonic() < deadline and not job.finished.is_set(), f"never said '{words}':\n{job.output()}")
        job.finished.wait(0.1)


@scenario("R40")
def stick_that_hangs(bench):
    """A request that does not end: progress lives, Ctrl-C is heard and says what it waits for; the head is zero."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target, released = stick.id(), threading.Event()
        stick.medium.when_written(6 * MIB, lambda: not released.wait(200))
        job = start_write(machine, image, target)
        try:
            await_words(job, "no byte for")
            machine.must("kill -INT $(cat /run/writer)")
            await_words(job, "a second Ctrl-C")
        finally:
            released.set()
        result = job.wait()
        check_status(result, 130, "SIGINT while the stick hangs")
        check_head_zero(stick.medium, "SIGINT while the stick hangs")


@scenario("R38", "R42")
def stick_that_is_reset(bench):
    """The kernel resets a stick that answers too late: what was written is proven, or the run fails and says why."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        machine.must(f"echo 2 >/sys/block/{stick.node[5:]}/device/timeout; dmesg -c >/dev/null")
        stick.medium.when_written(6 * MIB, lambda: threading.Event().wait(8))
        result = write(machine, image, target)
        said = machine.must("dmesg")
        check("reset" in said, f"the kernel has not reset the stick:\n{said}")
        check_status(result, (0, 4), "a stick that is reset")
        if result.status == 0:
            check_engraved(stick.medium, image)
        else:
            check_head_zero(stick.medium, "a stick that is reset")
            check("the kernel: " in result.err, f"the kernel is not quoted:\n{result.err}")


@scenario("R38")
def kernel_is_quoted(bench):
    """What the kernel says of a bad sector is in the report, and nothing that it said before."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        target = stick.id()
        machine.must(f"echo 'lab: {stick.node[5:]} was mentioned' >/dev/kmsg")
        stick.medium.fail_writes.append((6 * MIB, 6 * MIB + 512))
        result = write(machine, image, target)
        check_status(result, 4, "a write onto a bad sector")
        quoted = [line for line in result.err.splitlines() if "the kernel: " in line]
        check(quoted and all(stick.node[5:] in line or ":0:0:0" in line or "usb" in line for line in quoted),
              f"the kernel is not quoted:\n{result.err}")
        check("was mentioned" not in result.err, f"something older is quoted:\n{result.err}")


@scenario("R44")
def clock_that_jumps(bench):
    """The clock jumps by decades in both directions while a stick is written and read back: that changes nothing."""
    machine, image = bench.machine, bench.image()

    def set_clock(seconds):
        return lambda: bool(machine.must(f"date -s @{seconds} >/dev/null"))

    with machine.stick() as stick:
        target = stick.id()
        stick.medium.when_written(4 * MIB, set_clock(86_400))
        stick.medium.when_written(9 * MIB, set_clock(4_000_000_000))
        stick.medium.when_read(5 * MIB, set_clock(86_400), times=2)
        result = write(machine, image, target)
        machine.must(f"date -s @{int(time.time())}")
        check_status(result, 0, "a clock that jumps")
        check_engraved(stick.medium, image)


@scenario("R44", "R45")
def state_directory_fills_up(bench):
    """No room is left for what is noted while the stick is written: the stick is proven, and can be undone."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="FULLSTATE") as stick:
        stick.dress()
        target, before = stick.replug().id(), stick.medium.sha256()
        machine.must("mkdir -p /mnt/full && mount -t tmpfs -o mode=700,size=96m state /mnt/full")
        try:
            stick.medium.when_written(
                4 * MIB, lambda: bool(machine.run("cat /dev/zero >/mnt/full/rest; false").status == 0))
            state = "BURIN_STATE_DIRECTORY=/mnt/full/burin"
            result = machine.run(f"{state} burin write {image.guest} {target} --yes", timeout=180)
            check_status(result, 0, "a state directory that fills up")
            check_engraved(stick.medium, image)
            result = machine.run(f"{state} burin undo {stick.id()} --yes", timeout=180)
            check_status(result, 0, "undo from a state directory that is full")
            check(stick.medium.sha256() == before, "the undo has not brought everything back")
        finally:
            machine.must("umount /mnt/full")


@scenario("R40")
def little_memory(bench):
    """With 96 MiB of memory a write succeeds; where the kernel takes it all away, nothing boots."""
    machine, image = bench.machine, bench.image()
    group = "/sys/fs/cgroup/lab"
    machine.must(f"mkdir -p /sys/fs/cgroup; mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup; "
                 f"echo +memory >/sys/fs/cgroup/cgroup.subtree_control; mkdir -p {group}; echo 96M >{group}/memory.max")
    with machine.stick() as stick:
        enter = f"echo $BASHPID >{group}/cgroup.procs; exec burin write {image.guest} %s --yes --no-undo"
        result = machine.run(f"({enter % stick.id()})", timeout=180)
        check_status(result, 0, "a write with 96 MiB of memory")
        check_engraved(stick.medium, image)
        stick.dress()
        target = stick.id()
        stick.medium.when_written(8 * MIB, lambda: bool(machine.run(f"echo 1M >{group}/memory.max").status == 99))
        result = machine.run(f"({enter % target})", timeout=180)
        check_status(result, 137, "a write whose memory is taken away")
        check_head_zero(stick.medium, "a write whose memory is taken away")


@scenario("R31", "R38")
def verify_of_a_failing_stick(bench):
    """A stick that cannot be read, or is pulled, while it is compared: exit 4, the place is named, no difference told."""
    machine, image = bench.machine, bench.image()
    stick = machine.stick()
    check_status(write(machine, image, stick.id()), 0, "a good write")
    sector = 6 * MIB + 512 * 9
    stick.medium.fail_reads.append((sector, sector + 512))
    result = machine.burin("verify", image.guest, stick.node)
    check_status(result, 4, "verify of a stick with a bad sector")
    check("[device-failed]" in result.err and any(digit in result.err for digit in "0123456789"), result.err)
    stick.medium.heal()
    stick.medium.when_read(5 * MIB, stick.pull_now)
    result = machine.burin("verify", image.guest, stick.node)
    check_status(result, 4, "verify of a stick that is pulled")
    check("[device-unplugged]" in result.err or "[device-failed]" in result.err, result.err)
