"""Each answer that the kernel has for a failed request, and a card that is pulled: right code, right reason, right end."""

import random
import threading

from bench import MIB, check, check_status, scenario
from card import Card, inserted
from writing import await_stopped, check_engraved, check_head_zero, signal_writer, start, start_write, write

# What a request answers -> the exit code, and what the report says; "2" is the second request of the thread that erases,
# "2+" that and all that follow.
ANSWERS = {
    "pwrite64:error=EILSEQ:when=2+": (4, "a protection check failed"),
    "pwrite64:error=EREMOTEIO:when=2+": (4, "the disk refused the request"),
    "pwrite64:error=ETIMEDOUT:when=2+": (4, "[device-failed]"),
    "pwrite64:error=ENXIO:when=2+": (4, "[device-unplugged]"),
    "pwrite64:error=ESHUTDOWN:when=2+": (4, "[device-unplugged]"),
    "pwrite64:error=ENOMEDIUM:when=2+": (4, "[device-no-medium]"),
    "pwrite64:error=EMEDIUMTYPE:when=2+": (4, "[device-no-medium]"),
    "pwrite64:error=ENOSPC:when=2+": (4, "[device-too-short]"),
    "pwrite64:error=EROFS:when=1+": (4, "[device-read-only]"),
    "pwrite64:error=EPERM:when=2+": (4, "[device-read-only]"),
    "pwrite64:error=EINVAL:when=2": (70, "[internal-error]"),
    "fsync:error=ETIMEDOUT:when=2": (4, "[device-failed]"),
    "pread64:error=EILSEQ:when=9+": (4, "[device-failed]"),
    "pwrite64:error=EINTR:when=2 -e inject=pread64,fsync:error=EINTR:when=1": (0, "byte for byte"),
    "pwrite64:error=EAGAIN:when=2 -e inject=pread64:error=EAGAIN:when=1..3": (0, "byte for byte"),
}


def small_image(bench):
    """An image with boot code that is written in few requests: what is looked at takes longer than what is written."""
    data = bytearray(random.Random(41).randbytes(5 * MIB + 512))
    data[510:512] = b"\x55\xaa"
    return bench.keep("boot-code.img", bytes(data))


@scenario("R31", "R38")
def errors_of_every_kind(bench):
    """Fifteen answers of the kernel to a request: each has its exit code and its reason, and nothing half boots."""
    machine, image = bench.machine, small_image(bench)
    with machine.stick(16) as stick:
        target = stick.id()
        for answer, (status, words) in ANSWERS.items():
            before = stick.dress().medium.sha256()
            result = machine.run(
                f"strace --seccomp-bpf -qq -o /tmp/trace -f -P {stick.node} -e trace=pwrite64,pread64,fsync -e inject={answer} "
                f"burin write {image.guest} {target} --yes --no-undo --allow-damaged", timeout=120)
            check("INJECTED" in machine.must("cat /tmp/trace"), f"{answer}: no request was given this answer")
            check_status(result, status, answer)
            check(words in result.text, f"{answer}: '{words}' is not said:\n{result.text[-1500:]}")
            if status == 0:
                check_engraved(stick.medium, image)
            elif "when=1+" not in answer:
                # Boot code, tables and descriptors; a copy of a table at the end is none without its first one.
                check(stick.medium.is_zero(0, 64 << 10), f"{answer}: the head is not zero")
            else:
                check(stick.medium.sha256() == before, f"{answer}: the stick is no longer as it was")
                check("as it was: nothing was written" in result.err, f"{answer}: that is not said:\n{result.err}")


@scenario("R38")
def large_requests_fail(bench):
    """A place takes no large request, but the same bytes in small ones: exit 0, the image is whole, and that is told."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        stick.medium.fail_writes.append((6 * MIB, 6 * MIB + 512))
        stick.medium.fails_beyond = 64 << 10
        result = write(machine, image, stick.id(), "--no-undo")
        check_status(result, 0, "a place that takes no large request")
        check_engraved(stick.medium, image)
        check("retries     1 after I/O errors" in result.out, f"that is not told:\n{result.text}")


@scenario("R38", "R43")
def stick_that_shrinks(bench):
    """The kernel finds out in the body that the stick is smaller: a write that ends short is no success; exit 4."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress()
        target = stick.id()
        stick.medium.when_written(5 * MIB, signal_writer(machine, "STOP"))
        job = start_write(machine, image, target, "--no-undo")
        await_stopped(machine)
        # What is under way would fail instead.
        machine.must(f"await 60 eval '! grep -q [1-9] /sys/block/{stick.node[5:]}/inflight'")
        nodes = machine.qmp.execute("query-named-block-nodes")
        backing = next(node["node-name"] for node in nodes
                       if node["drv"] == "nbd" and stick.server.path in str(node["image"]))
        machine.qmp.execute("blockdev-reopen", options=[
            {"driver": "raw", "node-name": stick.name, "size": 7 * MIB, "file": backing}])
        machine.must(f"echo 1 >/sys/block/{stick.node[5:]}/device/rescan; kill -CONT $(cat /run/writer)")
        result = job.wait()
        check_status(result, 4, "a stick that shrinks")
        check("[device-too-short]" in result.err, f"not said why:\n{result.err}")
        check_head_zero(stick.medium, "a stick that shrinks")


def pulled(machine, command, name, arm):
    """Runs a command on a card that is pulled when `arm` says, with no request under way and none put in its place."""
    node = machine.must("disk_at '[0-9]*-15'")
    card = Card(machine, name, b"1")
    target, reached, released = inserted(machine, node, card), threading.Event(), threading.Event()
    arm(card.medium, lambda: reached.set() or not released.wait(200))
    job = start(machine, command % (target if "write" in command or "test" in command else node))
    check(reached.wait(200), f"{name}: the command never came to this point:\n{job.output()}")
    machine.must("kill -STOP $(cat /run/writer)")
    released.set()
    machine.must(f"await 60 eval '! grep -q [1-9] /sys/block/{node[5:]}/inflight'")
    machine.take_card()
    machine.must("kill -CONT $(cat /run/writer)")
    result = job.wait(180)
    check_status(result, 4, f"{name}: a card that is pulled")
    check("[device-no-medium]" in result.text, f"{name}: not said that the card is gone:\n{result.text}")
    card.discard()


@scenario("R31", "R38")
def card_is_pulled(bench):
    """A card is pulled while it is written, tested, compared and saved, and the reader stays: the reason is the card."""
    machine, image = bench.machine, small_image(bench)
    written = {"write": f"write {image.guest} %s --yes --allow-damaged --no-undo", "test": "test %s --yes",
               "quick": "test %s --yes --quick --no-undo"}
    for name, command in written.items():
        pulled(machine, command, name, lambda medium, act: medium.at_written(2 * MIB, act))
    read = {"verify": f"verify {image.guest} %s", "backup": "backup %s /tmp/saved.img", "read": "test %s --read-only"}
    for name, command in read.items():
        pulled(machine, command, name, lambda medium, act: medium.when_read(2 * MIB + 4096, act))
        machine.run("rm -f /tmp/saved.img")
