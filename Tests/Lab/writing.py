"""What scenarios share: writes with consent, and what a stick must look like afterwards."""

import json

from bench import MIB, check, check_status

OVERRIDES = ("--allow-internal", "--allow-large", "--allow-fixed", "--allow-rotational", "--allow-external",
             "--allow-configured", "--allow-clone", "--allow-booted", "--allow-member", "--allow-encrypted",
             "--allow-system", "--allow-hibernated", "--allow-backup", "--allow-unknown")


def write(machine, image, target, *options, timeout=180):
    """Writes with full consent."""
    return machine.burin("write", image.guest, target, "--yes", *options, timeout=timeout)


def start_write(machine, image, target, *options):
    """Starts a write beside the scenario, for `signal_writer` and `await_stopped`."""
    return start(machine, " ".join(["write", image.guest, target, "--yes", *options]))


def start(machine, words):
    """Starts burin with these arguments beside the scenario; /run/writer holds its process ID."""
    machine.must("rm -f /run/writer")
    return machine.start(f"echo $BASHPID >/run/starting; mv /run/starting /run/writer; exec burin {words}")


def signal_writer(machine, name):
    """A medium's action: sends a signal to the running write and waits until it is sent."""
    def action():
        machine.run(f"await 20 test -e /run/writer; kill -{name} $(cat /run/writer)", timeout=30)
        return False
    return action


def await_stopped(machine):
    """Waits until the write has been stopped by SIGSTOP; the file may not be there yet when this begins."""
    machine.must("await 60 test -e /run/writer && await 60 grep -q '^State:.T' /proc/$(cat /run/writer)/status",
                 timeout=150)


def check_engraved(medium, image, block=512):
    """The backing file, read from outside the guest, holds the image, and nothing of what was there before."""
    check(medium.sha256(image.size) == image.sha256, "the backing file does not hold the image")
    padding = -image.size % block
    check(medium.is_zero(image.size, padding), "the rest of the last block is not zero")
    check(medium.is_zero(medium.size - MIB, MIB), "the last MiB still holds something older")


def check_head_zero(medium, situation):
    """The first MiB is zero, and no end of the medium holds anything to boot from."""
    signatures = medium.boot_signatures()
    check(not signatures, f"{situation}: the stick still holds {', '.join(signatures)}")
    check(medium.is_zero(0, MIB), f"{situation}: the first MiB is not zero")


def check_cannot_boot(medium, image, situation):
    """Either nothing to boot from, or the whole image: never something between."""
    if medium.is_zero(0, MIB):
        return  # an older backup GPT at the end is no table without a protective MBR
    signatures = medium.boot_signatures()
    if signatures and medium.sha256(image.size) != image.sha256:
        check(False, f"{situation}: the stick is incomplete and holds {', '.join(signatures)}")


def objections(entry):
    """Objections of a `list --json` entry as {id: all its words}."""
    return {one["id"]: f"{one['text']} {' '.join(one.get('chain') or [])}" for one in entry["objections"]}


def check_refused(machine, disk, image, words, *, target=None, status=2):
    """A write to `disk` is refused, with and without every override, says `words`, and writes no sector."""
    before = int(machine.must(f"written_sectors {disk}"))
    if target is None:
        listing = machine.burin("list", "--all", "--json")
        entry = next((one for one in (listing.json or {}).get("devices", []) if one["path"] == disk), None)
        check(entry is not None, f"list --all does not show {disk}: {listing.text[-500:]}")
        check(not entry["selectable"], f"list offers {disk}: {json.dumps(entry)}")
        target = entry["id"]
    for options in ((), OVERRIDES):
        result = write(machine, image, target, *options)
        check_status(result, status, f"writing to {disk} {' '.join(options)}")
        for word in words:
            check(word in result.text, f"the refusal does not say '{word}':\n{result.text}")
    after = int(machine.must(f"written_sectors {disk}"))
    check(after == before, f"{after - before} sectors of {disk} were written in spite of the refusal")
