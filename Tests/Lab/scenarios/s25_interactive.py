"""burin alone in a terminal, with sticks that come and go while somebody chooses."""

import contextlib
import random
import threading

from album import album
from bench import MIB, check, check_status, scenario
from terminal import DOWN, ENTER, INTERRUPT, Console, Line, Tmux, seated
from writing import check_engraved, check_head_zero


def made_image(bench):
    """An image of known bytes: what is said about it is the same wherever the lab runs."""
    data = bytearray(random.Random(25).randbytes(12 * MIB))
    entry = bytes([0x80, 0, 0, 0, 0x0C, 0, 0, 0]) + (2048).to_bytes(4, "little") + (22528).to_bytes(4, "little")
    data[440:512] = bytes(6) + entry + bytes(48) + b"\x55\xaa"
    return bench.keep("made.img", data)


def stage(bench):
    """The machine and the image, and an empty card in the machine before anybody looks at it."""
    # What lies on it is told too, and other scenarios write to it.
    bench.machine.must("dd if=/dev/zero of=/dev/mmcblk0 bs=1M count=64 conv=fsync; blockdev --rereadpt /dev/mmcblk0; "
                       "udevadm settle")
    return bench.machine, made_image(bench)


@contextlib.contextmanager
def held(medium, offset, then=lambda: False):
    """The medium keeps who writes this byte waiting until what is yielded is called; then `then` is its action."""
    release = threading.Event()

    def action():
        release.wait(100)
        return then()

    medium.when_written(offset, action)
    try:
        yield release.set
    finally:
        release.set()


def name_fixed(machine, pages):
    """Gives names to the disks that are always there and to be chosen: a reader without a card, and an empty card."""
    reader = machine.must("disk_at '[0-9]*-15'")
    for disk in machine.burin("list", "--all", "--json").json["devices"]:
        if disk["path"] == reader:
            pages.call(disk["id"], "usb-reader##")
            pages.call(disk["path"][5:], "sdR")
        elif disk["transport"] == "sd":
            pages.call(disk["id"], "sd-card####")


def go_to_sticks(seat, image, pages):
    """From the first step to the third, by typing the path."""
    name_fixed(seat.machine, pages)
    seat.wait("No image is in")
    pages.keep(seat, "the image")
    seat.press(image.guest)
    seat.wait(image.guest[-20:])
    pages.keep(seat, "a path")
    seat.press(ENTER)
    seat.wait("Enter goes on")
    pages.keep(seat, "what it is")
    seat.press(ENTER)
    seat.wait("step 3 of 4")


def marked(text):
    """The ID that is marked, or None."""
    return next((line.split()[1] for line in text.split("\n") if line.startswith("> ")), None)


def mark(seat, target):
    """Moves the mark down to a stick; a card and an empty reader are there too."""
    before = marked(seat.wait("step 3 of 4"))
    while before != target:
        seat.press(DOWN)
        before = marked(seat.wait(f"a mark below {before}", lambda text, last=before: marked(text) not in (None, last)))


def ask(seat, target):
    """Marks a stick and takes it, up to the question."""
    mark(seat, target)
    seat.press(ENTER)
    seat.wait(f"Type {target}")
    seat.wait("to cancel:")


def come_and_go(seat, image, pages):
    """Up to the question for one stick, while another is pulled and replaced by its twin."""
    machine = seat.machine
    go_to_sticks(seat, image, pages)
    seat.wait("it appears by itself")
    pages.keep(seat, "before a stick is plugged in")
    first = plugged(machine, pages, "first", serial="TWIN")
    check(marked(seat.wait(first.target)) is None, "a stick is marked that nobody has marked")
    seat.press(ENTER, ENTER, ENTER)
    seat.wait("none is chosen")
    pages.keep(seat, "a stick, and none is marked")
    mark(seat, first.target)
    pages.keep(seat, "it is marked")
    second = plugged(machine, pages, "other", serial="OTHER")
    check(marked(seat.wait(second.target)) == first.target, "another stick has moved the mark")
    pages.keep(seat, "another one")
    first.unplug()
    check(marked(seat.wait(f"{first.target} is gone")) is None, "the mark has outlived its stick")
    pages.keep(seat, "the marked one is gone")
    gone = first.target
    called(first.plug(), pages, "twin1")
    check(first.target != gone, "the replugged stick has its old ID")
    check(marked(seat.wait(first.target)) is None, "the replugged stick is marked")
    pages.keep(seat, "its twin is plugged in")
    return first, second


def called(stick, pages, name):
    """A stick that is plugged in: it gets a name in pictures, and its medium counts from now on."""
    stick.target = stick.id()
    pages.call(stick.target, f"usb-{name:#<8}")
    pages.call(stick.node, "/dev/sd#")
    stick.medium.heal()
    # The kernel is to wait as long as the scenario keeps it waiting, on a busy machine too.
    stick.machine.must(f"echo 300 >/sys/block/{stick.node[5:]}/device/timeout")
    return stick


def plugged(machine, pages, name, **options):
    """A new stick."""
    return called(machine.stick(**options), pages, name)


@scenario("R1", "R7", "R33")
def choosing_in_tmux(bench):
    """Nothing is marked by itself, a mark goes with its stick, its twin is another one; the stick that is typed is written."""
    machine, image = stage(bench)
    with album("tmux") as pages, seated(Tmux(machine, 80, 24)) as seat:
        first, second = come_and_go(seat, image, pages)
        seat.resize(200, 50)
        seat.wait("keys at the bottom", lambda text: text.count("\n") == 49)
        pages.keep(seat, "the same in a large window")
        seat.resize(80, 24)
        ask(seat, second.target)
        pages.keep(seat, "the question")
        with held(second.medium, 9 * MIB) as release:
            seat.press(second.target, ENTER)
            seat.wait("No byte has moved")
            pages.keep(seat, "the stick does not answer")
            seat.resize(200, 50)
            seat.wait("a long bar", lambda text: any(len(line) > 90 for line in text.split("\n")))
            pages.keep(seat, "the same in a large window")
            seat.resize(80, 24)
            release()
            check_status(seat.end(), 0, "the interactive way")
        pages.keep(seat, "the end")
        check(not seat.text().startswith("burin, step 4 of 4: /images"), "the picture of the progress has stayed")
        check_engraved(second.medium, image)
        check(first.medium.written == 0, "the stick that was not chosen was written")


@scenario("R1", "R7", "R28", "R33")
def choosing_in_the_smallest_terminal(bench):
    """The same in 40 columns and 12 rows; while the word is typed the stick is replaced by another, and none is written."""
    machine, image = stage(bench)
    with album("smallest") as pages, seated(Line(machine, 40, 12)) as seat:
        first, second = come_and_go(seat, image, pages)
        ask(seat, second.target)
        seat.press("usb-")
        seat.wait("the beginning of a word", lambda text: text.replace("\n", "").endswith("cancel: usb-"))
        second.pull()
        third = plugged(machine, pages, "spare", serial="OTHER")
        check_status(seat.end(), 4, "the stick that was replaced at the question")
        pages.keep(seat, "the end")
        for stick in (first, second, third):
            check(stick.medium.written == 0, f"{stick.target} was written")


@scenario("R31", "R40")
def pulled_while_the_screen_shows_it(bench):
    """Replaced in the middle: exit 4, what is true of the stick among the shell's lines, and the other one as it was."""
    machine, image = stage(bench)
    with album("pulled") as pages, seated(Line(machine, 40, 12)) as seat:
        go_to_sticks(seat, image, pages)
        stick = plugged(machine, pages, "first", serial="PULLED")
        ask(seat, stick.target)
        with held(stick.medium, 9 * MIB, stick.pull_now) as release:
            seat.press(stick.target, ENTER)
            seat.wait("No byte has moved")
            pages.keep(seat, "the stick does not answer")
            seat.resize(200, 50)
            seat.wait("a long bar", lambda text: any(len(line) > 90 for line in text.split("\n")))
            pages.keep(seat, "the same in a large window")
            release()
            other = plugged(machine, pages, "other", serial="OTHER")
            check_status(seat.end(), 4, "the stick that was pulled")
        pages.keep(seat, "the end")
        text = " ".join(seat.text().split())
        check("[device-unplugged]" in text and f"{stick.target} incomplete" in text, f"not said what is true:\n{text}")
        check("Nothing is tried again" in text, f"not said what comes next:\n{text}")
        check(other.medium.written == 0, "the other stick was written")


@scenario("R1", "R33", "R40")
def stopped_at_the_console(bench):
    """At the kernel's console, whose font has few characters: each sign is shown as what it is, and Ctrl-C stops the write."""
    machine, image = stage(bench)
    with album("console") as pages, seated(Console(machine)) as seat:
        go_to_sticks(seat, image, pages)
        stick = plugged(machine, pages, "first", serial="CONSOLE")
        mark(seat, stick.target)
        pages.keep(seat, "it is marked")
        ask(seat, stick.target)
        pages.keep(seat, "the question")
        with held(stick.medium, 9 * MIB) as release:
            seat.press(stick.target, ENTER)
            seat.wait("No byte has moved")
            pages.keep(seat, "the stick does not answer")
            seat.press(INTERRUPT)
            release()
            check_status(seat.end(), 130, "Ctrl-C in the middle")
        pages.keep(seat, "the end")
        check_head_zero(stick.medium, "Ctrl-C in the middle")


@scenario("R40", "R8")
def connection_is_lost(bench):
    """The terminal goes away in the middle, as that of ssh does: burin ends, nothing boots, and the write is gone on with."""
    machine, image = stage(bench)
    with album("lost") as pages, seated(Line(machine, 80, 24)) as seat:
        go_to_sticks(seat, image, pages)
        stick = plugged(machine, pages, "first", serial="LOST")
        ask(seat, stick.target)
        with held(stick.medium, 9 * MIB) as release:
            seat.press(stick.target, ENTER)
            seat.wait("No byte has moved")
            seat.lose()
            release()
            machine.must("await 30 test ! -e /proc/$(cat /run/seated)")
        check_head_zero(stick.medium, "the lost connection")
        check_status(machine.burin("resume", stick.target, "--yes"), 0, "going on")
        check_engraved(stick.medium, image)
