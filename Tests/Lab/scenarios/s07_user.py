"""Somebody who is not root, with UDisks2 and polkit as a desktop has them."""

import contextlib
import shlex
import time

import desktop
from bench import check, check_status, scenario
from writing import check_engraved

# A person with a home, in which what a write is about to destroy is saved.
AS_PERSON = "exec setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/person USER=person bash -c "


@contextlib.contextmanager
def person(bench):
    """A guest with a desktop's services; gives a function that runs burin as `person`."""
    machine = bench.boot()
    try:
        desktop.start(machine, bench.cache)
        machine.must("mkdir -p /home/person && chown 1000:1000 /home/person")

        def burin(*words, timeout=240):
            command = "exec burin " + shlex.join(map(str, words))
            return machine.run(AS_PERSON + shlex.quote(command), timeout=timeout)
        yield machine, burin
    finally:
        machine.stop()


@scenario("R26", "R47", "R52")
def user_through_udisks(bench):
    """Somebody without rights and UDisks2: only what polkit permits is opened, a password may be asked for, mounts go."""
    image = bench.image()
    # A desktop takes long to start, so that they share one.
    with person(bench) as (machine, burin):
        for part in (writes_when_permitted, unmounts_on_request, password_is_asked_for):
            part(machine, burin, image)
            print(f"        {part.__name__.replace('_', ' ')}", flush=True)
            for stick in list(machine.sticks):
                stick.discard()


def writes_when_permitted(machine, burin, image):
    """A stick is written through UDisks2 once polkit permits it, and never another disk."""
    stick = machine.stick().dress()
    target = stick.id()
    check(machine.run(f"setpriv --reuid=1000 --regid=1000 --clear-groups dd if={stick.node} of=/dev/null count=1")
          .status != 0, "this person can open the stick without help, so nothing is proven")

    before = stick.written_sectors()
    result = burin("write", image.guest, target, "--yes", "--json")
    check_status(result, 6, "write without a permission")
    check("[target-permission]" in result.err and "polkit" in result.err, f"it does not say why: {result.err}")
    check(stick.written_sectors() == before, "sectors were written without a permission")

    desktop.permit(machine, True)
    result = burin("write", image.guest, target, "--yes", "--json")
    check_status(result, 0, "write with a permission")
    check_engraved(stick.medium, image)
    report = result.events[-1]
    check(report["proven"]["readBack"] and report["proven"]["bytes"] == image.size, f"not proven: {report}")
    check(len(report["notChecked"]) == 3, f"the report does not say what could not be checked: {report}")
    check(len(result.events[0]["notChecked"]) == 3, "what could not be checked is not told before")
    check(report["partitionsPublished"], "UDisks2 did not have the table read anew")
    machine.must(f"udevadm settle; ls {stick.node}?*")

    def refused(disk, status, situation, *options):
        """A write to this disk ends with a status, and no sector of it is written; what was said."""
        before = int(machine.must(f"sync; written_sectors {disk}"))
        listing = burin("list", "--all", "--json").json["devices"]
        entry = next(one for one in listing if one["path"] == disk)
        result = burin("write", image.guest, entry["id"], "--yes", *options)
        check_status(result, status, f"write to {situation}, {disk}")
        check(int(machine.must(f"written_sectors {disk}")) == before, f"sectors of {disk} were written")
        return result.err

    machine.must(f"dd if=/dev/urandom of={stick.node} bs=1M count=4 conv=fsync status=none; udevadm settle")
    said = refused(stick.node, 2, "what looks encrypted: it is read through the descriptor of UDisks2")
    check("--allow-encrypted" in said, f"it does not say why: {said}")

    sata = machine.must("disk_at 'ata[0-9]*'")
    confirmed = ("--allow-internal", "--confirm-serial", "SATA0001")
    refused("/dev/nvme0n1", 2, "an internal disk")
    refused(sata, 2, "an internal disk")
    said = refused(sata, 6, "an internal disk with every option: polkit has an action of its own for it", *confirmed)
    check("[target-permission]" in said and "polkit" in said, f"it does not say why: {said}")
    machine.must(f"mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 {sata} && mkdir -p /mnt/system && mount {sata} /mnt/system")
    said = refused(sata, 2, "a disk in use", *confirmed)
    check("/mnt/system" in said, f"it does not say where it is mounted: {said}")


def unmounts_on_request(machine, burin, image):
    """A stick that the desktop has mounted for somebody without rights: --unmount has UDisks2 unmount and then writes it."""
    with machine.stick(fill=None) as stick:
        part = f"{stick.node}1"
        machine.must(f"echo size=16M | sfdisk -q {stick.node}; udevadm settle; await 20 test -b {part}; "
                     f"mkfs.vfat -n HOLIDAYS {part}; udevadm trigger --settle {part}")
        mount = AS_PERSON + shlex.quote(f"exec udisksctl mount --no-user-interaction -b {part}")
        check_status(machine.run(mount), 0, "the desktop's own mount")
        place = machine.must(f"findmnt --noheadings --output TARGET {part}")
        target, before = stick.id(), stick.written_sectors()
        result = burin("write", image.guest, target, "--yes")
        check_status(result, 2, "a stick that the desktop has mounted")
        check(place in result.err and "--unmount" in result.err, f"it is not said what to do: {result.err}")

        holder = machine.start(AS_PERSON + shlex.quote(f"cd {place} && echo $$ >~/holder && exec sleep 1000"))
        machine.must("await 20 test -s /home/person/holder")
        result = burin("write", image.guest, target, "--yes", "--unmount")
        check_status(result, 2, "a mount that is in use")
        check(f"{place} cannot be unmounted" in result.err and "open" in result.err, f"the cause is not told: {result.err}")
        machine.must("kill $(cat /home/person/holder)")
        holder.wait()
        check(stick.written_sectors() - before < 64, "more was written than a file system writes by itself")

        result = burin("write", image.guest, target, "--yes", "--unmount")
        check_status(result, 0, "a stick that the desktop had mounted, with --unmount")
        check_engraved(stick.medium, image)

        # UDisks2 takes a device, and lives in a mount namespace of its own.
        machine.must(f"mkfs.vfat -I {stick.node} >/dev/null; udevadm settle; mkdir -p /mnt/here /mnt/there; "
                     f"mount {stick.node} /mnt/there; await 20 eval 'udisksctl info -b {stick.node} | grep -q /mnt/there'")
        command = AS_PERSON + shlex.quote(f"exec burin write {image.guest} {stick.id()} --yes --unmount --allow-encrypted")
        result = machine.run("exec unshare --mount --propagation private bash -c " + shlex.quote(
            f"umount /mnt/there && mount {stick.node} /mnt/here && {command}"), timeout=240)
        check(result.status != 0 and "elsewhere" in result.err, f"another namespace's mount was not seen: {result}")
        machine.must("findmnt /mnt/there && umount /mnt/there")


def await_text(job, text):
    """Waits until a command that runs in the guest has printed something."""
    deadline = time.monotonic() + 120
    while text not in job.output() and time.monotonic() < deadline and not job.finished.is_set():
        time.sleep(0.2)
    check(text in job.output(), f"'{text}' does not appear:\n{job.output()}")


def password_is_asked_for(machine, _, image):
    """At a terminal polkit's own agent asks for a password; a wrong one is refused, the right one opens the stick."""
    desktop.permit(machine, False)
    stick = machine.stick().dress()
    target, before = stick.id(), stick.written_sectors()
    machine.must("mkfifo -m 666 /run/answers")
    machine.start("exec 9<>/run/answers; exec sleep 1000")
    ask = f"script -qefc 'burin write {image.guest} {stick.node}' /dev/null </run/answers"
    command = AS_PERSON + shlex.quote(ask)

    job = machine.start(command)
    await_text(job, "Password:")
    check("org.freedesktop.udisks2.open-device" in job.output(), f"it is not said for what:\n{job.output()}")
    machine.must("echo wrong >/run/answers")
    result = job.wait(120)
    check_status(result, 6, "a wrong password")
    check(stick.written_sectors() == before, "sectors were written without a permission")
    check(machine.run("pidof pkttyagent").status != 0, "polkit's agent is left behind")

    job = machine.start(command)
    await_text(job, "Password:")
    machine.must(f"echo {shlex.quote(desktop.PASSWORD)} >/run/answers")
    await_text(job, "anything else to cancel")
    check("not checked: " in job.output(), f"the question does not say what could not be checked:\n{job.output()}")
    check(stick.written_sectors() == before, "sectors were written before the answer")
    check(machine.run("pidof pkttyagent").status != 0, "polkit's agent is still there after its answer")
    machine.must(f"echo {target} >/run/answers")
    result = job.wait(240)
    check_status(result, 0, "the right password and the right answer")
    check("not checked" in result.out, f"the report does not say what could not be checked:\n{result.out}")
    check_engraved(stick.medium, image)
