"""A stick as a source: one that cannot be read everywhere, one that is pulled, one that is cloned."""

import json

from bench import MIB, check, check_status, scenario
from writing import write

OUT = "/run/backup"
BAD = (5 * MIB + 3 * 512, 5 * MIB + 4 * 512)


def check_no_file(machine, situation):
    """Nothing is left of a backup, not even under another name."""
    found = machine.must(f"ls -A /run | grep -E 'backup|burin-' || true").strip()
    check(not found, f"{situation}: {found} is left")


@scenario("R38")
def backup_of_a_bad_block(bench):
    """One block cannot be read: exit 9 and no file, or with the option a file with zeros and a map that names the block."""
    machine = bench.machine
    with machine.stick(16) as stick:
        stick.dress()
        target = stick.id()
        stick.medium.fail_reads.append(BAD)
        result = machine.burin("backup", target, OUT)
        check_status(result, 9, "a bad block")
        check(str(BAD[0]) in result.err, f"the place is not named:\n{result.text}")
        check_no_file(machine, "a bad block")
        check_status(machine.burin("backup", target, OUT, "--allow-bad-sectors"), 9, "a bad block that is accepted")
        places = json.loads(machine.must(f"cat {OUT}.bad.json"))["unreadable"]
        # The kernel may read whole pages of a stick.
        check(len(places) == 1 and places[0][0] <= BAD[0] and places[0][1] >= BAD[1] and places[0][1] - places[0][0] <= 4096,
              f"the map says {places}")
        low, high = places[0]
        stick.medium.heal()
        machine.must(f"dd if={stick.node} of=/run/truth bs=1M iflag=direct 2>/dev/null; "
                     f"dd if=/dev/zero of=/run/truth bs=512 seek={low // 512} count={(high - low) // 512} conv=notrunc 2>/dev/null; "
                     f"cmp /run/truth {OUT} && sha256sum -c {OUT}.sha256; rm /run/truth {OUT}*")


@scenario("R31")
def backup_of_a_pulled_stick(bench):
    """The stick is pulled while it is read: exit 4, and no file, also where bad blocks are accepted."""
    machine = bench.machine
    stick = machine.stick(16)
    for options in ((), ("--allow-bad-sectors",)):
        target = stick.id()
        stick.medium.when_read(9 * MIB, stick.pull_now)
        check_status(machine.burin("backup", target, OUT, *options), 4, f"pulled {options}")
        check_no_file(machine, f"pulled {options}")
        machine.must(f"await 10 test ! -e /sys/block/{stick.node[5:]}")
        stick.medium.heal()
        stick.plug()


@scenario("R20", "R29")
def clone(bench):
    """A stick becomes another one, and never itself."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as source, machine.stick() as target:
        check_status(write(machine, image, source.id()), 0, "the first stick")
        check_status(machine.burin("write", source.id(), target.id(), "--yes"), 0, "the clone")
        size = source.medium.size
        check(source.medium.sha256(size) == target.medium.sha256(size), "the clone differs")
        check_status(machine.burin("verify", source.id(), target.id()), 0, "verify")
        result = machine.burin("write", source.node, source.id(), "--yes")
        check_status(result, 2, "onto itself")
        check("[target-holds-image]" in result.text, f"the reason is another one:\n{result.text}")
