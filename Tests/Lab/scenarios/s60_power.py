"""Power cuts: QEMU is killed at a byte; what had reached the stick must not boot, unless it is everything."""

from bench import MIB, check, scenario
from writing import check_cannot_boot, start_write


def cut(bench, arm, situation, *, volatile=False):
    """Boots a guest, cuts the power where `arm` says, and looks at the backing file."""
    image, machine = bench.image(), bench.boot()
    try:
        stick = machine.stick().dress()
        target = stick.id()
        stick.medium.volatile = volatile
        arm(stick.medium, image, machine.kill)
        job = start_write(machine, image, target)
        job.finished.wait(120)
        check(machine.dead, f"power cut {situation}: the write never came to this point: {job.output()}")
        if volatile:
            stick.medium.lose_cache(seed=4711)
        check_cannot_boot(stick.medium, image, f"power cut {situation}")
        return stick.medium.boot_signatures()
    finally:
        machine.stop()


@scenario("R36", "R40")
def power_cut_in_the_body(bench):
    """In the middle of the body, with a volatile cache that loses half of what was not flushed."""
    left = cut(bench, lambda medium, image, kill: medium.when_written(7 * MIB + 1, kill), "in the body", volatile=True)
    check(not left, f"the stick holds {', '.join(left)} although the body is not complete")


@scenario("R36", "R40")
def power_cut_before_the_commit(bench):
    """At the first byte of the commit: everything is verified, nothing is committed."""
    left = cut(bench, lambda medium, image, kill: medium.when_written(700_000, kill, times=2), "before the commit")
    check(not left, f"the stick holds {', '.join(left)} although it was not committed")


@scenario("R36", "R40")
def power_cut_in_the_commit(bench):
    """In the middle of the commit, with a volatile cache: the whole image or nothing to boot from."""
    def arm(medium, image, kill):
        medium.when_written(MIB, lambda: medium.at_written(medium.written + image.size - MIB + 300_000, kill))

    cut(bench, arm, "in the commit", volatile=True)


@scenario("R36", "R40")
def kernel_panic(bench):
    """The kernel panics in the body: what it had not written yet never comes, and nothing boots."""
    image, machine = bench.image(), bench.boot()
    try:
        stick = machine.stick().dress()
        stick.medium.when_written(7 * MIB + 1, lambda: machine.start("echo c >/proc/sysrq-trigger") and False)
        job = start_write(machine, image, stick.id(), "--no-undo")
        job.finished.wait(240)
        check(machine.dead and job.status is None, f"the kernel goes on:\n{machine.console()}")
        check(not stick.medium.boot_signatures(), f"the stick holds {', '.join(stick.medium.boot_signatures())}")
    finally:
        machine.stop()
