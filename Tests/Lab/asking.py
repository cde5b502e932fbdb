"""A write that stands at its question, on a terminal in the guest."""

import contextlib
import time

from bench import check


class Question:
    """A write that waits for its answer; `answer` gives one, `result` waits for the end."""

    def __init__(self, machine, image, node, target):
        self.machine = machine
        machine.must("rm -f /run/answer /run/answers; mkfifo /run/answers")
        self.job = machine.start(f"exec script -qefc 'burin write {image.guest} {node}' /dev/null </run/answers")
        self.feeder = machine.start("exec 9>/run/answers; until [ -s /run/answer ]; do pause 0.1; done; "
                                    "cat /run/answer >&9; until [ -e /run/asked ]; do pause 0.1; done")
        deadline = time.monotonic() + 90
        while f"Type {target}" not in self.output() and time.monotonic() < deadline and self.is_open():
            time.sleep(0.1)
        check(f"Type {target}" in self.output(), f"no question with the ID {target}:\n{self.output()}")

    def output(self):
        """What it has printed so far."""
        return self.job.output()

    def is_open(self):
        """Whether it has not ended."""
        return not self.job.finished.is_set()

    def answer(self, text):
        """Types a line."""
        self.machine.must(f"echo '{text}' >/run/answer")

    def result(self):
        """How it ended."""
        return self.job.wait(120)


@contextlib.contextmanager
def question(machine, image, node, target):
    """Asks, and leaves nothing behind."""
    asked = Question(machine, image, node, target)
    try:
        yield asked
    finally:
        # What nobody has answered gets an answer that cancels.
        machine.must("test -s /run/answer || echo no >/run/answer; touch /run/asked")
        asked.feeder.wait(30)
        machine.must("rm -f /run/answer /run/answers /run/asked")
