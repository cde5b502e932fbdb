"""Who may touch the stick while it is written, and which stick it is."""

from asking import question
from bench import MIB, check, check_status, scenario
from writing import await_stopped, check_engraved, check_refused, signal_writer, start_write, write


@scenario("R2")
def replugged_stick_has_another_id(bench):
    """The ID of a stick that was out and in again names nothing, even with the same serial number and size."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        old = stick.id()
        stick.replug()
        stick.medium.heal()
        check_status(write(machine, image, old), (2, 7), "write with the old ID")
        check(stick.medium.written == 0, "bytes were written")
        check(stick.id() != old, "the replugged stick has its old ID")


@scenario("R2", "R29")
def changed_card_has_another_id(bench):
    """Another card in the same reader: the ID of the first names nothing."""
    machine, image = bench.machine, bench.image()
    node = machine.must("disk_at '[0-9]*-15'")

    def insert(name, byte):
        path = f"{machine.folder}/{name}.raw"
        with open(path, "wb") as file:
            file.write(byte * (16 * MIB))
        machine.put_card(path)
        machine.must(f"await 20 eval 'dd if={node} of=/dev/null bs=512 count=1 && "
                     f"[ $(cat /sys/block/{node[5:]}/size) = 32768 ]'; udevadm settle")
        listing = machine.burin("list", "--all", "--json").json["devices"]
        return path, next(entry for entry in listing if entry["path"] == node)

    _, first = insert("card1", b"1")
    check(first["selectable"], f"the card in the reader is not offered: {first}")
    path, second = insert("card2", b"2")
    check(first["id"] != second["id"], "two cards in one reader have the same ID")
    check_status(write(machine, image, first["id"]), (2, 7), "write with the ID of the first card")
    with open(path, "rb") as file:
        check(file.read().count(b"2") == 16 * MIB, "the second card was written")
    machine.take_card()


@scenario("R19", "R30", "R28")
def nobody_else_during_the_write(bench):
    """In the middle of the body: no partition nodes, no mount, no second burin, udev waits, the lock is held."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        stick.dress().replug()
        check(machine.must(f"ls {stick.node}1"), "the older system's partition is not there")
        target = stick.id()
        machine.must("mkdir -p /run/udev/rules.d; udevadm settle; rm -f /run/handled-*; echo "
                     "'ACTION==\"change\", SUBSYSTEM==\"block\", RUN+=\"/usr/bin/touch /run/handled-%k\"' "
                     ">/run/udev/rules.d/99-lab.rules; udevadm control --reload")
        stick.medium.heal()
        stick.medium.when_written(5 * MIB, signal_writer(machine, "STOP"))
        job = start_write(machine, image, target)
        await_stopped(machine)
        try:
            nodes = machine.must(f"ls {stick.node}*")
            check(nodes == stick.node, f"partition nodes during the write: {nodes}")
            check(machine.run(f"flock -n -x {stick.node} true").status != 0, "the node is not locked with flock")
            check(machine.run(f"mkdir -p /mnt/x; mount -t vfat {stick.node} /mnt/x").status != 0, "it can be mounted")
            second = write(machine, image, stick.node, "--confirm", target)
            check_status(second, 2, "a second write beside the first")
            # udevd has the event, and keeps it as long as the node is locked: its rules run for it afterwards.
            machine.must(f"udevadm trigger --action=change {stick.node}; udevadm settle --timeout=2; true")
            check(machine.run(f"test -e /run/handled-{stick.node[5:]}").status != 0,
                  f"udev handles an event during the write: {machine.run('ls -l --full-time /run/handled-*; date').text}")
        finally:
            machine.must("kill -CONT $(cat /run/writer)")
        check_status(job.wait(), 0, "the write that was looked at")
        check_engraved(stick.medium, image)
        machine.must(f"udevadm settle --timeout=60; ls {stick.node}?*; test -e /run/handled-{stick.node[5:]}; "
                     "rm /run/handled-* /run/udev/rules.d/99-lab.rules; udevadm control --reload")


@scenario("R28", "R7", "R33")
def stick_swapped_at_the_prompt(bench):
    """While the question is on the screen the stick is swapped for its twin: the answer writes nowhere."""
    machine, image = bench.machine, bench.image()
    first = machine.stick(serial="TWIN")
    target = first.id()
    first.medium.heal()
    with question(machine, image, first.node, target) as asked:
        check(asked.is_open(), f"burin does not wait for an answer:\n{asked.output()}")
        check(machine.run(f"mount {first.node} /mnt").status != 0,
              "the stick can be mounted while the question is open")
        first.pull()
        second = machine.stick(serial="TWIN")
        second.medium.heal()
        asked.answer(target)
        result = asked.result()
    check(result.status in (2, 4, 5, 7), f"exit {result.status} after the swap:\n{result.text}")
    for stick in (first, second):
        check(stick.medium.written == 0, f"{stick.medium.written} bytes went to {stick.name}")


@scenario("R28", "R33")
def the_answer_decides(bench):
    """At the prompt: another text than the ID cancels with exit 5 and writes nothing, the ID writes."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        target = stick.id()
        stick.medium.heal()
        before = stick.medium.sha256()
        for answer in ("yes", ""):
            with question(machine, image, stick.node, target) as asked:
                asked.answer(answer)
                check_status(asked.result(), 5, f"the answer '{answer}'")
        check(stick.medium.sha256() == before and stick.medium.written == 0, "a cancelled write has written")
        with question(machine, image, stick.node, target) as asked:
            asked.answer(target)
            check_status(asked.result(), 0, "the right answer")
        check_engraved(stick.medium, image)


@scenario("R30")
def refuse_what_another_program_has_locked(bench):
    """Another partitioning program holds the node with flock: refused."""
    machine = bench.machine
    with machine.stick() as stick:
        holder = machine.start(f"exec 9<{stick.node}; flock -x 9; echo $BASHPID >/run/holder; exec sleep 1000")
        machine.must("await 10 test -s /run/holder")
        try:
            check_refused(machine, stick.node, bench.image(), [], target=stick.id())
        finally:
            machine.must("kill $(cat /run/holder); rm /run/holder")
            holder.wait()
