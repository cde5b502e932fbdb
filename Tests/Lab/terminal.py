"""burin alone, at a terminal in the guest, with keys that are pressed and a screen that is looked at.

There are three kinds. `Line` is what ssh gives: a pseudo-terminal whose bytes go elsewhere. `Tmux` is the same in a pane
of tmux, whose picture has to be the one that pyte makes of the bytes. `Console` is the kernel's own, with its keyboard.
"""

import collections
import contextlib
import os
import time

from bench import check
from display import Display
from machine import Result

# A key as bytes for printf, as tmux calls it, and as QEMU does.
Key = collections.namedtuple("Key", "bytes tmux codes")
DOWN = Key(r"\033[B", "Down", ("down",))
ENTER = Key(r"\r", "Enter", ("ret",))
INTERRUPT = Key(r"\003", "C-c", ("ctrl", "c"))
ENDED = "ended"


class Line:
    """A burin without a command at a pseudo-terminal; what it prints is recorded."""

    term = "xterm-256color"

    def __init__(self, machine, columns, rows):
        self.machine, self.columns, self.rows = machine, columns, rows
        self._display, self._position = Display(columns, rows), 0
        self._record = f"{machine.share}/record"
        for name in ("record", ENDED):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{machine.share}/{name}")
        self._begin()

    def _recorded(self, before=""):
        """The command that runs burin and records what it prints."""
        return f"script -qefc '{before} tty >/run/tty; echo $$ >/run/seated; exec burin' --log-out /share/record"

    def _shell(self, command):
        """Lines for a shell that runs it and notes how it ended."""
        return (f"cd /run; unset LC_ALL; export TERM={self.term} LC_CTYPE=C.UTF-8; {command}; "
                f"echo $? >/share/{ENDED}.new; mv /share/{ENDED}.new /share/{ENDED}")

    def _begin(self):
        self.machine.must("rm -f /run/keys /run/tty; mkfifo /run/keys")
        # Somebody keeps the keyboard open between two keys.
        self._holder = self.machine.start("echo $BASHPID >/run/holder; exec sleep 1000 >/run/keys")
        recorded = self._recorded(f"stty cols {self.columns} rows {self.rows};")
        self._job = self.machine.start(self._shell(f"{recorded} </run/keys >/dev/null"))

    def press(self, *keys):
        """Presses keys one after the other; a text is typed."""
        line = "".join(key.bytes if isinstance(key, Key) else key for key in keys)
        self.machine.must(f"printf '{line}' >/run/keys")

    def resize(self, columns, rows):
        """Makes the window another size."""
        self.machine.must(f"stty -F $(cat /run/tty) cols {columns} rows {rows}")
        self._become(columns, rows)

    def _become(self, columns, rows):
        self.columns, self.rows = columns, rows
        self._display.resize(rows, columns)

    def text(self):
        """What is on the screen by now."""
        with contextlib.suppress(FileNotFoundError), open(self._record, "rb") as file:
            file.seek(self._position)
            data = file.read()
            self._display.feed(self._printed(data))
            self._position += len(data)
        return self._display.text

    def _printed(self, data):
        """The bytes of a record without the lines that script itself puts around them."""
        if self._position == 0:
            data = data.partition(b"\n")[2]
        return data.partition(b"\nScript done on ")[0]

    def settled(self, plain):
        """What is on the screen when nothing moves but what `plain` leaves out: what is drawn comes in pieces."""
        deadline = time.monotonic() + 40
        shown, since = plain(self.text()), time.monotonic()
        while time.monotonic() - since < 0.4:
            check(time.monotonic() < deadline, f"it does not come to rest:\n{shown}")
            time.sleep(0.1)
            now = plain(self.text())
            if now != shown:
                shown, since = now, time.monotonic()
        return shown

    def status(self):
        """Its exit status; None while it runs."""
        with contextlib.suppress(FileNotFoundError), open(f"{self.machine.share}/{ENDED}", encoding="utf-8") as file:
            return int(file.read())
        return None

    def wait(self, what, condition=None):
        """Waits until something is on the screen."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            has_ended, text = self.status() is not None, self.text()
            if condition(text) if condition else what in text:
                return text
            check(not has_ended, f"it has ended before {what}:\n{text}")
            time.sleep(0.1)
        check(False, f"never on the screen: {what}\n{self.text()}")
        return ""

    def end(self):
        """Waits for its end; how it ended, with what is on the screen then."""
        deadline = time.monotonic() + 240
        while self.status() is None:
            check(time.monotonic() < deadline, f"it does not end:\n{self.text()}")
            time.sleep(0.1)
        return Result(self.status(), self.text(), "")

    def lose(self):
        """Takes the terminal away, as the end of a connection does."""
        self.machine.must("kill -KILL $(awk '/^PPid/ { print $2 }' /proc/$(cat /run/seated)/status)")

    def leave(self):
        """Ends it if need be, and clears up."""
        if self.status() is None:
            self.machine.run("kill $(cat /run/seated)")
        self._clear()

    def _clear(self):
        self._job.wait(60)
        self.machine.run("kill $(cat /run/holder); rm -f /run/keys /run/holder")
        self._holder.wait(30)


class Tmux(Line):
    """The same in a pane of tmux, which draws a picture of its own."""

    term = "tmux-256color"
    _client = "env -u LC_ALL LC_CTYPE=C.UTF-8 tmux -S /run/tmux -f /run/tmux.conf"

    def _begin(self):
        with open(f"{self.machine.share}/seat.sh", "w", encoding="utf-8") as file:
            file.write(self._shell(self._recorded()) + "; exec sleep 1000\n")
        self._tmux(f"new-session -d -x {self.columns} -y {self.rows} bash /share/seat.sh",
                   f"printf '%s\\n' 'set -g status off' "
                   f"'set -g default-terminal {self.term}' >/run/tmux.conf; ")

    def _tmux(self, words, before=""):
        return self.machine.must(f"{before}{self._client} {words}")

    def press(self, *keys):
        commands = [f"send-keys {key.tmux}" if isinstance(key, Key) else f"send-keys -l -- '{key}'" for key in keys]
        self._tmux(r" \; ".join(commands))

    def resize(self, columns, rows):
        self._tmux(f"resize-window -x {columns} -y {rows}")
        self._become(columns, rows)

    def settled(self, plain):
        """The picture of tmux, as soon as it is that of what was recorded."""
        deadline = time.monotonic() + 40
        while True:
            drawn = self._tmux("capture-pane -p -S -")
            drawn = plain("\n".join(row.rstrip() for row in drawn.split("\n")).rstrip())
            recorded = plain(self.text())
            if drawn == recorded:
                return recorded
            check(time.monotonic() < deadline, f"tmux shows something else:\n{drawn}\n--- than was printed:\n{recorded}")
            time.sleep(0.2)

    def _clear(self):
        self.machine.run(f"{self._client} kill-server; rm -f /run/tmux.conf")


class Console(Line):
    """The kernel's console, of 80 columns and 25 rows, without any program between."""

    term = "linux"
    _signs = {"/": ("slash",), "-": ("minus",), ".": ("dot",), ":": ("shift", "semicolon")}

    def __init__(self, machine):
        super().__init__(machine, 80, 25)

    def _begin(self):
        at_console = "setsid --ctty --wait bash -c 'echo $$ >/run/seated; exec burin' </dev/tty1 >/dev/tty1 2>&1"
        self._job = self.machine.start(r"printf '\033c' >/dev/tty1; " + self._shell(at_console))

    def press(self, *keys):
        for key in keys:
            for codes in [key.codes] if isinstance(key, Key) else [self._signs.get(sign, (sign,)) for sign in key]:
                self.machine.qmp.execute("send-key", hold_time=20,
                                         keys=[{"type": "qcode", "data": code} for code in codes])

    def text(self):
        """The characters of the font that it shows: the kernel's own, which has those of the first PCs."""
        self.machine.must("cat /dev/vcs1 >/share/glyphs.new; mv /share/glyphs.new /share/glyphs")
        with open(f"{self.machine.share}/glyphs", "rb") as file:
            glyphs = file.read().decode("cp437")
        rows = [glyphs[start:start + self.columns] for start in range(0, len(glyphs), self.columns)]
        return "\n".join(row.rstrip() for row in rows).rstrip()

    def _clear(self):
        self._job.wait(60)


@contextlib.contextmanager
def seated(seat):
    """Sits there, and leaves nothing behind."""
    try:
        yield seat
    finally:
        seat.leave()
