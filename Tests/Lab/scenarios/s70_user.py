"""Somebody who is not root, with UDisks2 and polkit as a desktop has them."""

import contextlib
import shlex

import desktop
from bench import check, check_status, scenario
from writing import check_engraved


@contextlib.contextmanager
def person(bench):
    """A guest with a desktop's services; gives a function that runs burin as `person`."""
    machine = bench.boot()
    try:
        desktop.start(machine, bench.cache)

        def burin(*words, timeout=240):
            command = "exec burin " + shlex.join(map(str, words))
            return machine.run(f"exec setpriv --reuid=1000 --regid=1000 --clear-groups bash -c {shlex.quote(command)}",
                               timeout=timeout)
        yield machine, burin
    finally:
        machine.stop()


@scenario("R47", "R52")
def user_writes_through_udisks(bench):
    """Somebody without rights writes a stick through UDisks2 once polkit permits it, and never another disk."""
    image = bench.image()
    with person(bench) as (machine, burin):
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
        machine.must("""await 30 dbus-send --system --print-reply --dest=org.freedesktop.PolicyKit1 \\
            /org/freedesktop/PolicyKit1/Authority org.freedesktop.DBus.Peer.Ping""")
        result = burin("write", image.guest, target, "--yes", "--json")
        check_status(result, 0, "write with a permission")
        check_engraved(stick.medium, image)
        report = result.events[-1]
        check(report["proven"]["readBack"] and report["proven"]["bytes"] == image.size, f"not proven: {report}")
        check(len(report["notChecked"]) == 4, f"the report does not say what could not be checked: {report}")
        check(len(result.events[0]["notChecked"]) == 4, "what could not be checked is not told before")
        check(report["partitionsPublished"], "UDisks2 did not have the table read anew")
        machine.must(f"udevadm settle; ls {stick.node}?*")

        for disk in ("nvme0n1", "sda"):
            sectors = int(machine.must(f"written_sectors /dev/{disk}"))
            entry = next(one for one in burin("list", "--all", "--json").json["devices"] if one["path"] == f"/dev/{disk}")
            result = burin("write", image.guest, entry["id"], "--yes")
            check_status(result, 2, f"write to the internal disk {disk}")
            check(int(machine.must(f"written_sectors /dev/{disk}")) == sectors, f"sectors of {disk} were written")
        machine.must("mkfs.ext4 -q /dev/sda && mkdir -p /mnt/system && mount /dev/sda /mnt/system")
        entry = next(one for one in burin("list", "--all", "--json").json["devices"] if one["path"] == "/dev/sda")
        sectors = int(machine.must("sync; written_sectors /dev/sda"))
        result = burin("write", image.guest, entry["id"], "--yes", "--allow-internal", "--confirm-serial", "SATA0001")
        check_status(result, 2, "write to a disk in use")
        check("/mnt/system" in result.err, f"it does not say where it is mounted: {result.err}")
        check(int(machine.must("written_sectors /dev/sda")) == sectors, "sectors of a disk in use were written")
