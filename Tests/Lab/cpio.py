"""Writes an initramfs: a cpio archive in the newc form, without root and without the cpio tool."""

import os
import stat


class Archive:
    """Adds directories, files, links and device nodes; parents are made on the way."""

    def __init__(self, path):
        self._file = open(path, "wb")
        self._seen = {""}
        self._number = 0

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self._number += 1
        encoded = os.fsencode(name) + b"\0"
        fields = [self._number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self._file.write(header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4))

    def _new(self, name):
        """True once for each name; makes the parents."""
        if name in self._seen:
            return False
        self.directory(os.path.dirname(name))
        self._seen.add(name)
        return True

    def directory(self, name):
        """A directory and its parents."""
        if self._new(name):
            self._entry(name, stat.S_IFDIR | 0o755)

    def data(self, name, data, mode=0o644):
        """A file with these bytes."""
        if self._new(name):
            self._entry(name, stat.S_IFREG | mode, data)

    def file(self, name, source):
        """A copy of a host file, what a link points to included."""
        with open(source, "rb") as file:
            self.data(name, file.read(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def link(self, name, target):
        """A symbolic link."""
        if self._new(name):
            self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(target))

    def character_device(self, name, major, minor):
        """A device node that must exist before devtmpfs is mounted."""
        if self._new(name):
            self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def close(self):
        """Ends the archive; the kernel accepts several, one after the other."""
        self._entry("TRAILER!!!", 0)
        self._file.write(b"\0" * (-self._file.tell() % 512))
        self._file.close()
