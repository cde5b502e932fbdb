"""The machine sleeps while a stick is written: nothing that was read before speaks for what is there afterwards."""

import threading

from bench import MIB, check, scenario

# Agent and shares of the guest are gone once it has slept: what is to run then lies in its own memory.
ASLEEP = """cd /
. /usr/lib/burin-lab/functions
until [ -e /tmp/sleep ]; do pause 0.05; done && echo mem >/sys/power/state &
burin write /tmp/image {target} --yes --no-undo --allow-fixed >/tmp/out 2>&1
status=$?
cat /tmp/out
echo "lab: ended with $status"
"""


def console_until(machine, words, seconds):
    """What the console says, once it has said something."""
    for _ in range(seconds * 2):
        with open(f"{machine.folder}/console.log", encoding="utf-8", errors="replace") as file:
            text = file.read()
        if words in text:
            return text
        threading.Event().wait(0.5)
    check(False, f"the console never said '{words}':\n{machine.console()}")
    return ""


@scenario("R42")
def machine_that_sleeps(bench):
    """It sleeps in the read-back, and what was read already is lost meanwhile: that is found, mended and told."""
    machine, image = bench.boot(sleeps=True), bench.image()
    try:
        stick, asleep = machine.stick(removable=False), threading.Event()
        medium, pace, lost = stick.medium, threading.Event(), 3 * MIB + 5

        def slowly():
            machine.run("touch /tmp/sleep") if not asleep.is_set() else None
            asleep.set()
            pace.wait(0.4)

        medium.when_written(image.size - 1, lambda: [medium.when_read(n * MIB, slowly) for n in range(5, 12)] and False)
        script = ASLEEP.format(target=stick.id())
        machine.must(f"cp {image.guest} /tmp/image; cat >/tmp/go <<'END'\n{script}END\n"
                     "cd /; setsid bash /tmp/go >/dev/console 2>&1 </dev/null 3>&- &")
        machine.qmp.wait_event("SUSPEND", timeout=240)
        medium.put(lost, bytes([medium.bytes_at(lost, 1)[0] ^ 1]))
        threading.Event().wait(3)
        machine.qmp.execute("system_wakeup")
        said = console_until(machine, "lab: ended with", 240)
        check("lab: ended with 0" in said, f"the write failed:\n{said[-3000:]}")
        for words in ("the machine slept for", "rewritten   the first difference is at byte"):
            check(words in said, f"'{words}' is not told:\n{said[-3000:]}")
        check(medium.sha256(image.size) == image.sha256, "the stick does not hold the image")
    finally:
        machine.stop()
