"""Targets and surroundings that are unusual, hostile or poor: refused for the true cause, or written whole."""

from bench import MIB, check, check_status, scenario
from writing import await_stopped, check_engraved, signal_writer, start_write, write


@scenario("R19", "R18", "R11")
def hundred_partitions(bench):
    """A hundred partitions: one of them mounted refuses the stick; idle they are all gone during the write."""
    machine, image = bench.machine, bench.image()
    with machine.stick(size=256, fill=None) as stick:
        node = stick.node
        machine.must("(echo 'label: gpt'; for n in $(seq 100); do echo size=2048; done) "
                     f"| sfdisk -q {node}; udevadm settle; await 20 test -b {node}100", timeout=120)
        machine.must(f"mkfs.vfat {node}57; mkdir -p /mnt/one; mount {node}57 /mnt/one")
        try:
            before = stick.written_sectors()
            result = write(machine, image, stick.id())
            check_status(result, 2, "one of a hundred partitions is mounted")
            check(f"{node[5:]}57" in result.text and "/mnt/one" in result.text, f"the cause is not told: {result.text}")
            check(stick.written_sectors() == before, "sectors were written in spite of the refusal")
            check(machine.must(f"ls {node}?* | wc -l") == "100", "a refusal took partitions away")
        finally:
            machine.must("umount /mnt/one")
        stick.medium.heal()
        stick.medium.when_written(5 * MIB, signal_writer(machine, "STOP"))
        job = start_write(machine, image, stick.id())
        await_stopped(machine)
        nodes = machine.must(f"ls {node}*")
        machine.must("kill -CONT $(cat /run/writer)")
        check(nodes == node, f"partition nodes during the write: {nodes}")
        check_status(job.wait(), 0, "a stick that had a hundred partitions")
        check_engraved(stick.medium, image)


@scenario("R36")
def backup_table_only(bench):
    """Of a GPT only the backup is left: the write takes it away, and no tool finds it afterwards."""
    machine, image = bench.machine, bench.image()
    with machine.stick(fill=None) as stick:
        machine.must(f"(echo 'label: gpt'; echo size=8192) | sfdisk -q {stick.node}; udevadm settle; "
                     f"dd if=/dev/zero of={stick.node} bs=512 count=34 oflag=direct 2>&1; sync")
        check_status(write(machine, image, stick.replug().id()), 0, "a stick with a backup GPT alone")
        check_engraved(stick.medium, image)


@scenario("R2", "R3", "R28")
def link_turns_to_another_stick(bench):
    """A link in /dev/disk is turned to another stick after the first was chosen: neither is written."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as first, machine.stick() as second:
        chosen = first.id()
        link = "/dev/disk/by-id/usb-lab-stick"
        machine.must(f"ln -sfn {second.node} {link}")
        result = write(machine, image, link, "--confirm", chosen)
        machine.must(f"rm {link}")
        check_status(result, (2, 5), "a link that was turned to another stick")
        for stick in (first, second):
            check(stick.medium.written == 0, f"{stick.medium.written} bytes went to {stick.node}")


@scenario("R3")
def node_becomes_something_else(bench):
    """The stick's node is replaced by a file, a pipe, a directory and another disk's node: refused, nothing hangs."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick, machine.stick() as other:
        target, node = stick.id(), stick.node
        numbers = machine.must(f"stat -c '%t %T' {other.node}").split()
        other_numbers = f"{int(numbers[0], 16)} {int(numbers[1], 16)}"
        machine.must(f"mv {node} /dev/aside")
        try:
            for make, name in ((f"truncate -s 64M {node}", "file"), (f"mkfifo {node}", "pipe"), (f"mkdir {node}", "folder"),
                               (f"mknod {node} b {other_numbers}", "another disk's node"), ("true", "nothing")):
                machine.must(make)
                for words in ((node, "--confirm", target), (target,)):
                    result = write(machine, image, *words, timeout=60)
                    check_status(result, (2, 4, 7), f"the node has become a {name}, target {words[0]}")
                machine.must(f"rm -rf {node}")
        finally:
            machine.must(f"rm -rf {node}; mv /dev/aside {node}")
        for one in (stick, other):
            check(one.medium.written == 0, f"{one.medium.written} bytes went to {one.node}")
        check_status(write(machine, image, target), 0, "the node is back")
        check_engraved(stick.medium, image)


@scenario("R6")
def poor_surroundings(bench):
    """Little memory, a narrow terminal, no output, no udev database, no btrfs in sysfs: the same result."""
    machine, image = bench.machine, bench.image()
    for name, command in {
        "half a gigabyte of address space": "(ulimit -v 524288; exec burin write {})",
        "a terminal of 20 columns": "script -qec 'stty cols 20; burin write {}' /dev/null",
        "standard output closed": "burin write {} >&-",
        "both outputs full": "burin write {} >/dev/full 2>&1",
        # In a mount namespace of its own: udevd goes on with what it has.
        "no udev database": "exec unshare -m bash -c 'mount -t tmpfs none /run/udev && exec burin write {}'",
        "another locale and no home": "env -i LC_ALL=C PATH=/usr/bin burin write {}",
    }.items():
        with machine.stick() as stick:
            target = stick.id()
            result = machine.run(command.format(f"{image.guest} {target} --yes"), timeout=180)
            check_status(result, 0, name)
            check_engraved(stick.medium, image)


@scenario("R44")
def stopped_and_continued(bench):
    """SIGSTOP in the body, the clock set back and forth by a day, SIGCONT: the write ends as if nothing had been."""
    machine, image = bench.machine, bench.image()
    with machine.stick() as stick:
        target = stick.id()
        stick.medium.when_written(6 * MIB, signal_writer(machine, "STOP"))
        job = start_write(machine, image, target)
        await_stopped(machine)
        machine.must("now=$(date +%s); date -s @$((now + 86400)) >/dev/null; kill -CONT $(cat /run/writer); "
                     "date -s @$((now - 86400)) >/dev/null; date -s @$now >/dev/null")
        check_status(job.wait(), 0, "stopped and continued")
        check_engraved(stick.medium, image)


@scenario("R26")
def unmount_on_request(bench):
    """--unmount takes plain mounts away and writes; with an open file, another user's mount or swap beside it refuses."""
    machine, image = bench.machine, bench.image()
    with machine.stick(fill=None) as stick:
        node = stick.node
        machine.must(f"printf 'size=16M\n size=16M\n' | sfdisk -q {node}; udevadm settle; await 20 test -b {node}2; "
                     f"mkfs.vfat {node}1; mkfs.vfat {node}2; mkdir -p /mnt/a /run/media/bert/S; mount {node}1 /mnt/a; "
                     f"mkdir /mnt/a/b; mount {node}2 /mnt/a/b")
        target, before = stick.id(), stick.written_sectors()

        def refused(situation, word):
            result = write(machine, image, target, "--unmount")
            check_status(result, 2, situation)
            check(word in result.text, f"{situation}: '{word}' is not told: {result.text}")

        machine.must(f"umount /mnt/a/b; mount {node}2 /run/media/bert/S")
        refused("another user's mount", "bert")
        check(machine.run("findmnt /mnt/a").status == 0, "a refusal has unmounted something")
        machine.must(f"umount /run/media/bert/S; mkswap {node}2; swapon {node}2")
        refused("swap beside the mount", "swap")
        machine.must(f"swapoff {node}2; mkfs.vfat {node}2; mount {node}2 /mnt/a/b")
        holder = machine.start("exec 9>/mnt/a/open; echo $BASHPID >/run/holder; exec sleep 1000")
        machine.must("await 10 test -s /run/holder")
        refused("an open file", "/mnt/a")
        machine.must("kill $(cat /run/holder); rm /run/holder")
        holder.wait()
        machine.must(f"findmnt /mnt/a/b || mount {node}2 /mnt/a/b; sync")
        check_status(write(machine, image, target), 2, "mounted, without --unmount")
        result = write(machine, image, target, "--unmount")
        check_status(result, 0, "plain mounts, with --unmount")
        check_engraved(stick.medium, image)
        check(stick.written_sectors() > before, "the counter of written sectors does not count")
