"""What a terminal shows after what was printed on it, by pyte, which knows nothing of burin."""

import collections
import sys

try:
    import pyte
except ImportError:  # Debian's package, for a Python that is not Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    import pyte

OTHER_SCREEN = 1049


class Display(pyte.Screen):
    """A terminal like xterm: its screen, what has scrolled off it, and the other screen, of which nothing stays."""

    def __init__(self, columns, rows):
        self.scrolled, self._kept = [], None
        super().__init__(columns, rows)
        self._stream = pyte.ByteStream(self)

    def feed(self, data):
        """Takes bytes as they were printed."""
        self._stream.feed(data)

    @property
    def is_other(self):
        """Whether the other screen is shown."""
        return self._kept is not None

    def set_mode(self, *modes, **options):
        super().set_mode(*modes, **options)
        if options.get("private") and OTHER_SCREEN in modes and not self.is_other:
            self._kept = self.buffer, self.cursor
            empty = pyte.screens.StaticDefaultDict
            self.buffer = collections.defaultdict(lambda: empty(self.default_char))
            self.cursor = pyte.screens.Cursor(0, 0)

    def reset_mode(self, *modes, **options):
        super().reset_mode(*modes, **options)
        if options.get("private") and OTHER_SCREEN in modes and self.is_other:
            (self.buffer, self.cursor), self._kept = self._kept, None
            # It may have become lower meanwhile.
            while self.cursor.y >= self.lines:
                self.scrolled.append(self.buffer[0])
                for row in range(self.cursor.y):
                    self.buffer[row] = self.buffer[row + 1]
                self.buffer.pop(self.cursor.y, None)
                self.cursor.y -= 1

    def index(self):
        if self.cursor.y == self.lines - 1 and not self.is_other:
            self.scrolled.append(self.buffer[0])
        super().index()

    @property
    def text(self):
        """What is on the other screen, or all that was ever on the shell's; without blanks at the ends."""
        rows = self.display
        if not self.is_other:
            above = ["".join(row[column].data for column in range(max(row, default=-1) + 1)) for row in self.scrolled]
            rows = above + rows
        return "\n".join(row.rstrip() for row in rows).rstrip()
