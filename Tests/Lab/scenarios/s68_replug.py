"""Sticks that are unplugged and plugged in again before their write is done, and read once more."""

import time

from bench import MIB, check, check_status, scenario
from writing import check_engraved


class Replugging:
    """A write that waits for its sticks; each state that it tells is waited for in turn."""

    def __init__(self, machine, image, *targets):
        self.machine = machine
        machine.must("rm -f /run/replugging")
        words = " ".join(["burin", "write", image, *targets, "--yes", "--verify=replug", "--json"])
        self.job = machine.start(f"echo $BASHPID >/run/replugging; exec {words}")

    def await_state(self, state, count=1, seconds=180):
        """Waits until a state was told so many times."""
        words, deadline = f'"state":"{state}"', time.monotonic() + 4 * seconds
        while self.job.output().count(words) < count:
            check(time.monotonic() < deadline and not self.job.finished.is_set(),
                  f"'{state}' was not told {count} times:\n{self.job.output()}")
            self.job.finished.wait(0.1)

    def result(self, status, situation):
        """Its end, and what it says of each target."""
        result = self.job.wait(240)
        check_status(result, status, situation)
        return [event for event in result.events if event.get("event") == "result"]


@scenario("R31", "R41", "R45")
def replugged(bench):
    """Unplugged and plugged in again, a stick is read once more and proven under its new ID; nothing is written to it."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="REPLUGSAME") as stick:
        target = stick.dress().id()
        write = Replugging(machine, image.guest, target)
        write.await_state("unplug")
        stick.unplug()
        written = stick.medium.written
        write.await_state("plug-in")
        stick.plug()
        (result,) = write.result(0, "the same stick, plugged in again")
        check(result["replug"]["state"] == "equal" and result["proven"]["level"] == "replug", f"the level: {result}")
        check(result["replug"]["found"]["id"] == stick.id() != target, f"the new ID: {result['replug']}")
        check(stick.medium.written == written, "something was written to the stick that came back")
        check_engraved(stick.medium, image)


@scenario("R9", "R31", "R41")
def another_one_is_plugged_in(bench):
    """Another stick with the same serial number is refused and left alone; the one that was written is still waited for."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="REPLUGTWIN") as stick, machine.stick(serial="REPLUGTWIN", plug=False) as other, \
            machine.stick(32, serial="REPLUGTWIN", plug=False) as small:
        write = Replugging(machine, image.guest, stick.dress().id())
        write.await_state("unplug")
        stick.unplug()
        other.medium.heal()
        small.medium.heal()
        other.plug()
        write.await_state("refused")
        small.plug()
        write.await_state("refused", 2)
        check(other.medium.written == small.medium.written == 0, "another stick was written")
        other.unplug()
        stick.plug()
        (result,) = write.result(0, "the stick itself, after two others")
        check(len(result["replug"]["refused"]) == 2, f"who was refused: {result['replug']}")
        check_engraved(stick.medium, image)


@scenario("R39", "R42", "R44")
def memory_that_pretends(bench):
    """A stick that keeps what was written last in memory of its own passes every read-back, and is found out by a replug."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="REPLUGLIAR") as stick:
        target = stick.dress().id()
        stick.medium.hides = 256 << 10
        write = Replugging(machine, image.guest, target)
        write.await_state("unplug")
        check_engraved(stick.medium, image)
        stick.unplug()
        stick.medium.lose_memory()
        stick.plug()
        (result,) = write.result(1, "a stick that forgets")
        check(result["diagnostic"]["id"] == "medium-differs", f"the error: {result['diagnostic']}")
        check(result["proven"] is None and result["replug"]["state"] == "differs", f"what is claimed: {result}")
        first = result["replug"]["differences"]["first"]
        check(first is not None and first < MIB, f"the head was lost, and this is told: {result['replug']}")


@scenario("R8", "R45")
def stopped_while_it_waits(bench):
    """Ctrl-C ends the wait: what was proven stays proven, and the level that was asked for is not claimed."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="REPLUGSTOP") as stick:
        write = Replugging(machine, image.guest, stick.dress().id())
        write.await_state("unplug")
        machine.must("kill -INT $(cat /run/replugging)")
        (result,) = write.result(130, "the wait that is stopped")
        check(result["diagnostic"]["id"] == "replug-not-reached", f"the error: {result['diagnostic']}")
        check(result["proven"]["level"] == "read", f"what is claimed: {result['proven']}")
        check_engraved(stick.medium, image)
        history = machine.burin("history", "--json").json["writes"][0]["receipt"]
        check(history["result"] == "proven" and history["replug"]["state"] == "not-reached", f"the receipt: {history}")


@scenario("R31", "R41")
def several_in_any_order(bench):
    """Two sticks come back in the other order: each is read as soon as it is there, and has a result of its own."""
    machine, image = bench.machine, bench.image()
    with machine.stick(serial="REPLUGONE") as first, machine.stick(serial="REPLUGTWO") as second:
        targets = [first.dress().id(), second.dress().id()]
        write = Replugging(machine, image.guest, *targets)
        write.await_state("unplug", 2)
        first.unplug()
        second.unplug()
        write.await_state("plug-in", 2)
        second.plug()
        write.await_state("equal")
        first.plug()
        results = write.result(0, "two sticks, in the other order")
        check([one["target"]["id"] for one in results] == targets[::-1], f"the order of the results: {results}")
        check(all(one["replug"]["state"] == "equal" for one in results), f"the results: {results}")


@scenario("R41", "R46")
def mounted_before_it_is_read(bench):
    """A system mounts the stick before burin can claim it: it is read all the same, and what the mount has changed is named."""
    machine = bench.machine
    with machine.stick(serial="REPLUGMOUNT", fill=None) as stick:
        machine.must("""set -e; cd /tmp; truncate -s 24M disk.img; printf '2048,40960,c\\n' | sfdisk -q disk.img
            mkfs.vfat --offset=2048 disk.img 20480; head -c 2000000 /dev/urandom | dd of=disk.img bs=1M seek=22 conv=notrunc
            sync""", timeout=120)
        write = Replugging(machine, "/tmp/disk.img", stick.id())
        write.await_state("unplug")
        stick.unplug()
        write.await_state("plug-in")
        machine.must("kill -STOP $(cat /run/replugging)")
        node = stick.plug().node
        machine.must(f"await 10 test -b {node}1; mkdir -p /mnt/m; mount {node}1 /mnt/m; touch /mnt/m/new; sync; "
                     "kill -CONT $(cat /run/replugging)", timeout=60)
        (result,) = write.result(1, "a stick that is mounted")
        machine.must("umount /mnt/m; rm /tmp/disk.img")
        check([one["partition"] for one in result["replug"]["mountedSince"]] == [1], f"the mount: {result['replug']}")
        check("not to blame" in result["diagnostic"]["toFix"], f"the stick is blamed: {result['diagnostic']}")
