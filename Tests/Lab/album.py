"""Pictures of screens, kept in Tests/Lab/expected and compared with those of each run.

What differs from run to run is named by the scenario and replaced by something of the same width, or stands in FIELDS.
"""

import contextlib
import difflib
import os
import re

from bench import check

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected")

# What depends on how fast the machine is: only these numbers, not the words around them, and the bars of the graph.
TIME = r"(?:\d+(?:\.\d)? s|\d+:\d\d min)"
FIELDS = [
    (re.compile(r"\b\d+(?:\.\d)? [kM]B/s"), "0 MB/s"),
    (re.compile(rf"\b(for|in) {TIME}"), r"\1 0 s"),
    # Random places are probed, and any of the requests on their way may be the first that fails.
    (re.compile(r"\bprobed at \d+ places"), "probed at 0 places"),
    (re.compile(r"(\bat byte|\(sector) \d+"), r"\1 0"),
    # Several requests are on their way, and which of them are done when one is held is a matter of chance.
    (re.compile(r"\[([█░#.]{10,})\] +\d+ %"), lambda found: f"[{len(found[1])} columns]  0 %"),
    (re.compile(r"^\d+(?:\.\d)? [kM]?B of ", re.MULTILINE), "0 B of "),
    # A phase of some milliseconds may begin and end between two looks.
    (re.compile(r"^(?:erasing|committing) .*\n", re.MULTILINE), ""),
    # So much the kernel says of each of them.
    (re.compile(r"(?:^ *because  the kernel: .*\n(?: {11}.*\n)*)+", re.MULTILINE), "  because  the kernel: ...\n"),
    (re.compile(r"^[ ▁▂▃▄▅▆▇█]*[▁▂▃▄▅▆▇█]$|^[ .:|]*[.:|]$", re.MULTILINE), "(graph)"),
]


class Album:
    """What a scenario has seen, by the size of the terminal."""

    renews = False  # whether what is seen becomes what is expected

    def __init__(self, name):
        self.name, self.pages, self.names = name, {}, {}

    def call(self, word, name):
        """Shows what is called `word` in this run under a name that it has in every run."""
        check(len(word) == len(name), f"{name} is not as wide as {word}")
        self.names[word] = name

    def _plain(self, text):
        for word, name in self.names.items():
            # A terminal breaks words at its edge.
            pattern = "(\n?)".join(map(re.escape, word))
            text = re.sub(pattern, lambda found, signs=name: signs[0] + "".join(map(str.__add__, found.groups(), signs[1:])), text)
        for pattern, replacement in FIELDS:
            text = pattern.sub(replacement, text)
        return text

    def keep(self, seat, title):
        """Keeps what is on the screen."""
        text = seat.settled(self._plain)
        self.pages.setdefault(f"{seat.columns}x{seat.rows}", []).append(f"=== {title}\n{text}\n")

    def compare(self):
        """Fails where the pages are not those that are expected."""
        differences = []
        for size, pages in self.pages.items():
            path, text = f"{FOLDER}/{self.name}-{size}.text", "".join(pages)
            if self.renews:
                os.makedirs(FOLDER, exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                continue
            expected = ""
            with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
                expected = file.read()
            differences += difflib.unified_diff(expected.splitlines(), text.splitlines(), f"{self.name}-{size}.text",
                                                "this run", lineterm="", n=2)
        check(not differences, "other pictures than expected (lab run --update-goldens makes them anew):\n"
              + "\n".join(differences))


@contextlib.contextmanager
def album(name):
    """Keeps pictures, and compares them when the scenario has come to its end."""
    kept = Album(name)
    yield kept
    kept.compare()
