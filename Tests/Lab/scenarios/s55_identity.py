"""Which stick is meant: at the question, in a plan, and on the list of protected ones."""

import time

from asking import question
from bench import MIB, check, check_status, scenario
from writing import check_engraved, check_refused, write

PLAN = "/run/plan.json"


@scenario("R7", "R33")
def other_sticks_come_and_go(bench):
    """While the question is open another stick is plugged in, replugged and unplugged: the answer still counts."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        target = stick.id()
        stick.medium.heal()
        with question(machine, image, stick.node, target) as asked:
            with machine.stick(serial=stick.serial) as other:
                other.medium.heal()
                other.replug()
                other.unplug()
                check(other.medium.written == 0, "the other stick was written")
            # What udev makes the kernel say about the very stick is no news either.
            machine.must(f"echo change >/sys/block/{stick.node[5:]}/uevent")
            check(asked.is_open(), f"the question was disturbed by another stick:\n{asked.output()}")
            check(stick.medium.written == 0, "bytes were written before the answer")
            asked.answer(target)
            check_status(asked.result(), 0, "the answer after others have come and gone")
        check_engraved(stick.medium, image)


@scenario("R7", "R31", "R33")
def own_stick_is_pulled_at_the_question(bench):
    """The question ends by itself when its stick is pulled, without an answer, and says so."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        target = stick.id()
        stick.medium.heal()
        with question(machine, image, stick.node, target) as asked:
            stick.pull()
            result = asked.result()
            check_status(result, 4, "the question whose stick was pulled")
            check("[device-unplugged]" in result.text, f"not said why:\n{result.text}")
        check(stick.medium.written == 0, "bytes were written")


@scenario("R7", "R29", "R33")
def card_is_changed_at_the_question(bench):
    """The question ends by itself when another card is put into the reader."""
    machine, image = bench.machine, bench.image()
    node = machine.must("disk_at '[0-9]*-15'")

    def insert(name, byte):
        path = f"{machine.folder}/{name}.raw"
        with open(path, "wb") as file:
            file.write(byte * (16 * MIB))
        machine.put_card(path)
        return path

    def notice():
        # The kernel looks at the reader only when somebody opens it, or polls.
        machine.run(f"dd if={node} of=/dev/null bs=512 count=1")

    first = insert("asked1", b"1")
    machine.must(f"await 20 eval 'dd if={node} of=/dev/null bs=512 count=1 && "
                 f"[ $(cat /sys/block/{node[5:]}/size) = 32768 ]'; udevadm settle")
    listing = machine.burin("list", "--all", "--json").json["devices"]
    target = next(entry["id"] for entry in listing if entry["path"] == node)
    with question(machine, image, node, target) as asked:
        second = insert("asked2", b"2")
        deadline = time.monotonic() + 30
        while asked.is_open() and time.monotonic() < deadline:
            notice()
        result = asked.result() if not asked.is_open() else None
        check(result is not None, f"the question is still open:\n{asked.output()}")
        check_status(result, 2, "the question whose card was changed")
        check("[target-changed]" in result.text, f"not said why:\n{result.text}")
    for path, byte in ((first, b"1"), (second, b"2")):
        with open(path, "rb") as file:
            check(file.read().count(byte) == 16 * MIB, f"the card {path} was written")
    machine.take_card()


def make_plan(machine, image, target):
    """Writes a plan for a stick."""
    check_status(machine.burin("plan", image.guest, target, "-o", PLAN), 0, "burin plan")


def apply():
    """The words of an apply."""
    return ("apply", PLAN, "--json")


@scenario("R2", "R29", "R33")
def plan_is_carried_out_once(bench):
    """A plan writes the stick it was made for; after that, and after a replug, it is refused with nothing written."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress().replug()
        stick.medium.heal()
        make_plan(machine, image, stick.id())
        check(stick.medium.written == 0, "making a plan has written to the stick")
        result = machine.burin(*apply(), timeout=180)
        check_status(result, 0, "applying a plan that holds")
        check(result.events[-1]["proven"]["sha256"] == image.sha256, "the proven SHA-256 is not the image's")
        check_engraved(stick.medium, image)
        stick.medium.heal()
        again = machine.burin(*apply())
        check_status(again, 2, "applying it again, when the disk holds something else")
        check("[plan-target-differs]" in again.text, f"not said why:\n{again.text}")
        make_plan(machine, image, stick.id())
        stick.replug()
        stick.medium.heal()
        again = machine.burin(*apply())
        check_status(again, 2, "applying a plan after a replug")
        check("[plan-target-differs]" in again.text, f"not said why:\n{again.text}")
        check(stick.medium.written == 0, "a refused plan has written")


@scenario("R2", "R9", "R33")
def plan_does_not_mean_the_twin(bench):
    """A plan for a stick does not write its twin of the same serial number, model and size in the same port."""
    machine, image = bench.machine, bench.image()
    first = machine.stick(serial="TWIN")
    make_plan(machine, image, first.id())
    first.discard()
    with machine.stick(serial="TWIN") as second:
        check(second.port == first.port, "the twin is in another port")
        second.medium.heal()
        result = machine.burin(*apply())
        check_status(result, 2, "applying a plan to the twin")
        check("[plan-target-differs]" in result.text, f"not said why:\n{result.text}")
        check(second.medium.written == 0, "the twin was written")


@scenario("R33")
def changed_image_is_no_longer_planned(bench):
    """One byte of the image is another one: the plan is refused before the first write."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        machine.must(f"cp {image.guest} /run/image.iso", timeout=120)
        check_status(machine.burin("plan", "/run/image.iso", stick.id(), "-o", PLAN), 0, "burin plan")
        stick.medium.heal()
        machine.must("printf x | dd of=/run/image.iso bs=1 seek=5000000 conv=notrunc 2>/dev/null")
        result = machine.burin(*apply())
        machine.must("rm /run/image.iso")
        check_status(result, 3, "applying a plan with another image")
        check("[plan-image-differs]" in result.text, f"not said why:\n{result.text}")
        check(stick.medium.written == 0, "bytes were written")


@scenario("R6", "R33")
def protected_stick_is_never_written(bench):
    """By its serial number, and by a file system on its partition: not offered, not written, until it is taken off."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress().replug()
        machine.must(f"mkfs.vfat -i ABCD1234 {stick.node}1; sync; udevadm trigger --settle {stick.node}1")
        for how in (stick.node, "uuid=abcd-1234"):
            stick.medium.heal()
            check_status(machine.burin("protect", "add", how, "--note", "the archive"), 0, f"protect add {how}")
            listed = machine.burin("protect", "list").text
            check(stick.serial in listed or "uuid=abcd-1234" in listed, f"protect list does not show it: {listed}")
            check_refused(machine, stick.node, image, ["[target-protected]", "the archive"])
            check(stick.medium.written == 0, "a protected stick was written")
            check_status(machine.burin("protect", "remove", how), 0, f"protect remove {how}")
        check(stick.entry()["selectable"], f"it is not offered again: {stick.entry()}")
        machine.must("mkdir -p /etc/burin/protect.d; echo 'seriel=1' >/etc/burin/protect.d/lab.conf")
        try:
            check_refused(machine, stick.node, image, ["[protect-list-broken]", "line 1 of /etc/burin/protect.d/lab.conf"])
        finally:
            machine.must("rm -r /etc/burin/protect.d")
        check_status(write(machine, image, stick.id()), 0, "a stick that is no longer protected")
