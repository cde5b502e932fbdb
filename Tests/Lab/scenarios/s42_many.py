"""Several sticks at once: each has its own end, and none holds the others up."""

import threading
import time
from contextlib import ExitStack

from bench import MIB, check, check_status, scenario
from writing import check_engraved, check_head_zero


def plug(bench, stack, names):
    """New sticks with an older system on them, which are taken away in the end."""
    # A serial number of its own for each: those of other scenarios have notes too.
    sticks = [stack.enter_context(bench.machine.stick(serial=name)) for name in names]
    for stick in sticks:
        stick.dress()
    return sticks


@scenario("R28", "R31", "R36", "R42")
def unplug_one_of_three(bench):
    """One of three sticks is pulled in the middle: it alone fails and cannot boot; plugged in again, it is gone on with."""
    machine, image = bench.machine, bench.image()
    with ExitStack() as stack:
        sticks = plug(bench, stack, ["MANYFIRST", "MANYPULLED", "MANYLAST"])
        pulled = sticks[1]
        targets = [stick.id() for stick in sticks]
        pulled.medium.when_written(6 * MIB, pulled.pull_now)
        result = machine.burin("write", image.guest, *targets, "--yes", timeout=300)
        check(pulled.medium.gone, f"the stick was not pulled:\n{result.text}")
        check_status(result, 4, "one of three is pulled")
        check_head_zero(pulled.medium, "the stick that was pulled")
        for stick in (sticks[0], sticks[2]):
            check_engraved(stick.medium, image)
            check(f"{stick.node} now holds" in result.out, f"{stick.node} is not told of:\n{result.text}")
        check("2 of 3 targets hold the image" in result.out, f"the count is missing:\n{result.text}")
        machine.must(f"await 10 test ! -e /sys/block/{pulled.node[5:]}")
        pulled.medium.heal()
        pulled.plug()
        check_status(machine.burin("resume", pulled.id(), "--yes", timeout=180), 0, "going on with it")
        check_engraved(pulled.medium, image)


@scenario("R31", "R36", "R40")
def one_hangs_and_one_is_pulled(bench):
    """Of three sticks one hangs for long and one is pulled: the third is proven and told of before the first answers again."""
    machine, image = bench.machine, bench.image(48)
    released = threading.Event()
    with ExitStack() as stack:
        hanging, pulled, whole = plug(bench, stack, ["MANYHANGS", "MANYGONE", "MANYWHOLE"])
        stack.callback(released.set)
        # The kernel would reset it; here it is the program that has to go on without it.
        machine.must(f"echo 400 >/sys/block/{hanging.node[5:]}/device/timeout")
        targets = [stick.id() for stick in (hanging, pulled, whole)]
        hanging.medium.when_written(6 * MIB, lambda: not released.wait(400))
        pulled.medium.when_written(7 * MIB, pulled.pull_now)
        job = machine.start(f"exec burin write {image.guest} {' '.join(targets)} --yes --json")
        # The pool is smaller than the image, so that the hanging one has to be left behind first.
        deadline = time.monotonic() + 1200
        while job.output().count('"event":"result"') < 2:
            check(time.monotonic() < deadline and not job.finished.is_set(), f"nothing was finished:\n{job.output()}")
            job.finished.wait(0.1)
        check_engraved(whole.medium, image)
        released.set()
        result = job.wait(180)
        check_status(result, 4, "one hangs, one is pulled")
        ends = {one["target"]["id"]: one for one in result.events if one["event"] == "result"}
        check([ends[target]["exitCode"] for target in targets] == [4, 4, 0], f"the results: {ends}")
        check(ends[targets[0]]["diagnostic"]["id"] == "device-stalled", f"the one that hung: {ends[targets[0]]}")
        check_head_zero(hanging.medium, "the stick that hung")
        check_head_zero(pulled.medium, "the stick that was pulled")


@scenario("R11", "R28", "R33")
def one_mounted_of_two(bench):
    """One of two sticks is mounted: nothing is written to either of them."""
    machine, image = bench.machine, bench.image()
    with ExitStack() as stack:
        free, mounted = plug(bench, stack, ["MANYFREE", "MANYMOUNTED"])
        machine.must(f"mkfs.vfat -I {mounted.node} && mkdir -p /mnt/many && mount {mounted.node} /mnt/many")
        before = free.medium.sha256(free.medium.size)
        result = machine.burin("write", image.guest, free.id(), mounted.id(), "--yes", timeout=120)
        machine.must("umount /mnt/many")
        check_status(result, 2, "one of two is mounted")
        check(free.medium.sha256(free.medium.size) == before, "the free stick was written")
