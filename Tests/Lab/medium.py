"""The memory of an emulated stick: a backing file with counters and faults.

Faults are set as attributes while the machine runs and act on bytes, never on time:

    medium.fail_writes.append((offset, offset + 512))   EIO for writes that touch the range
    medium.fails_beyond = 64 << 10                      ... only for those that are longer than this
    medium.fail_reads.append((low, high))               EIO for reads that touch the range
    medium.fail_flushes = 0                             EIO for every flush after that many good ones
    medium.drops.append((low, high))                    writes there are acknowledged and lost
    medium.flips[offset] = 0x10                         reads of that byte see these bits inverted
    medium.wraps_at = 8 << 20                           a fake: addresses wrap at this size
    medium.ends_at = 8 << 20                            a fake: writes from there on are acknowledged and lost, reads give zeros
    medium.volatile = True                              a power cut loses what was not flushed
    medium.hides = 256 << 10                            the last so many bytes written are only in the stick's own memory,
                                                        whatever it says of a flush; lose_memory() loses them
    medium.at_written(bytes, action)                    runs `action` when that many bytes were written
    medium.when_written(offset, action, times=1)        ... when this byte is about to be written
    medium.when_read(offset, action, times=1)           ... when this byte is about to be read

When an action returns True, the medium is gone: nothing lands on it afterwards.
"""

import errno
import hashlib
import os
import random
import threading


class Medium:
    """Reads, writes and flushes with a current position in bytes, for nbd.Server."""

    def __init__(self, path, size, fill=None):
        self.path, self.size = path, size
        self.lock = threading.RLock()
        with open(path, "wb") as file:
            file.truncate(size)
            for offset in range(0, size if fill else 0, 1 << 20):
                file.write(fill * ((min(1 << 20, size - offset)) // len(fill)))
        self._file = open(path, "r+b", buffering=0)
        self.heal()

    def heal(self):
        """No faults, counters at zero."""
        self.written = self.read_bytes = self.flushes = self.write_requests = 0
        self.fail_writes, self.fail_reads, self.fail_flushes = [], [], None
        self.fails_beyond = 0
        self.drops, self.flips, self.wraps_at, self.ends_at = [], {}, None, None
        self.volatile, self.gone, self.hides, self._undo = False, False, 0, []
        self._at_written, self._when_written, self._when_read = [], [], []

    def at_written(self, count, action):
        """Runs `action` in the server once `count` bytes have been written since heal()."""
        self._at_written = sorted(self._at_written + [(count, action)], key=lambda entry: entry[0])

    def when_written(self, offset, action, times=1):
        """Runs `action` before the byte at `offset` is written for the `times`-th time."""
        self._when_written.append([offset, action, times])

    def when_read(self, offset, action, times=1):
        """Runs `action` before the byte at `offset` is read for the `times`-th time."""
        self._when_read.append([offset, action, times])

    @staticmethod
    def _due(waiting, offset, length):
        """Entries whose byte lies in the range and whose turn it is, in order of their bytes; they leave the list."""
        due = []
        for entry in [one for one in waiting if offset <= one[0] < offset + length]:
            entry[2] -= 1
            if entry[2] == 0:
                waiting.remove(entry)
                due.append(entry)
        return sorted(due, key=lambda entry: entry[0])

    def _act(self, action):
        self.gone = bool(action()) or self.gone

    @staticmethod
    def _touches(ranges, offset, length):
        return any(low < offset + length and offset < high for low, high in ranges)

    def _store(self, offset, data):
        if self.gone:
            return
        for low, high in self.drops:
            if low < offset + len(data) and offset < high:
                before, after = max(low - offset, 0), max(offset + len(data) - high, 0)
                self._store_raw(offset, data[:before])
                data, offset = data[len(data) - after:], offset + len(data) - after
        self._store_raw(offset, data)

    def _store_raw(self, offset, data):
        if self.ends_at is not None:
            data = data[:max(self.ends_at - offset, 0)]
        while self.wraps_at and offset % self.wraps_at + len(data) > self.wraps_at:
            part = self.wraps_at - offset % self.wraps_at
            self._store_at(offset % self.wraps_at, data[:part])
            data, offset = data[part:], offset + part
        self._store_at(offset % self.wraps_at if self.wraps_at else offset, data)

    def _store_at(self, offset, data):
        if (self.volatile or self.hides) and data:
            self._undo.append((offset, os.pread(self._file.fileno(), len(data), offset)))
        while self.hides and sum(len(old) for _, old in self._undo[1:]) >= self.hides:
            self._undo.pop(0)
        while data:
            count = os.pwrite(self._file.fileno(), data, offset)
            data, offset = data[count:], offset + count

    def write(self, offset, data):
        """Returns 0 or an errno. Up to the byte of an action the data lands, from there on the action decides."""
        if self.gone or (len(data) > self.fails_beyond and self._touches(self.fail_writes, offset, len(data))):
            return errno.EIO
        self.write_requests += 1
        stops = [(place - offset, action) for place, action, _ in self._due(self._when_written, offset, len(data))]
        while self._at_written and self.written + len(data) >= self._at_written[0][0]:
            count, action = self._at_written.pop(0)
            stops.append((max(count - self.written, 0), action))
        done = 0
        for stop, action in sorted(stops, key=lambda entry: entry[0]):
            self._store(offset + done, data[done:stop])
            done = stop
            self._act(action)
        self._store(offset + done, data[done:])
        self.written += len(data)
        return errno.EIO if self.gone else 0

    def read(self, offset, length):
        """Returns (bytes, errno)."""
        for _, action, _ in self._due(self._when_read, offset, length):
            self._act(action)
        if self.gone or self._touches(self.fail_reads, offset, length):
            return b"", errno.EIO
        self.read_bytes += length
        data = self._fetch(offset, length)
        for place, bits in self.flips.items():
            if offset <= place < offset + length:
                data = bytearray(data)
                data[place - offset] ^= bits
        return data, 0

    def _fetch(self, offset, length):
        if self.ends_at is not None:
            kept = os.pread(self._file.fileno(), min(length, max(self.ends_at - offset, 0)), offset)
            return kept + b"\0" * (length - len(kept))
        data = b""
        while len(data) < length:
            place = (offset + len(data)) % self.wraps_at if self.wraps_at else offset + len(data)
            part = min(length - len(data), self.wraps_at - place if self.wraps_at else length)
            data += os.pread(self._file.fileno(), part, place).ljust(part, b"\0")
        return data

    def flush(self):
        """Returns 0 or an errno."""
        if self.gone:
            return errno.EIO
        self.flushes += 1
        if self.fail_flushes is not None and self.flushes > self.fail_flushes:
            return errno.EIO
        if not self.hides:
            self._undo.clear()
        return 0

    def lose_memory(self):
        """What a stick forgets that has only pretended to store the last bytes, when it is without power."""
        for offset, old in reversed(self._undo):
            os.pwrite(self._file.fileno(), old, offset)
        self._undo.clear()

    def lose_cache(self, seed):
        """What a power cut does to a volatile cache: any subset of the unflushed writes is lost."""
        choice = random.Random(seed)
        for offset, old in reversed(self._undo):
            if choice.random() < 0.5:
                os.pwrite(self._file.fileno(), old, offset)
        self._undo.clear()

    def bytes_at(self, offset, length):
        """What the backing file holds, seen from outside the guest."""
        return os.pread(self._file.fileno(), length, offset)

    def put(self, offset, data):
        """Changes the backing file behind the guest's back."""
        os.pwrite(self._file.fileno(), data, offset)

    def sha256(self, length=None):
        """Of the first `length` bytes, or of all."""
        digest, offset, end = hashlib.sha256(), 0, self.size if length is None else length
        while offset < end:
            data = self.bytes_at(offset, min(1 << 20, end - offset))
            digest.update(data)
            offset += len(data)
        return digest.hexdigest()

    def is_zero(self, offset, length):
        """True when the range holds zeros only."""
        step = 1 << 20
        return not any(any(self.bytes_at(at, min(step, offset + length - at)))
                       for at in range(offset, offset + length, step))

    def boot_signatures(self):
        """What firmware could start from: names of boot structures at either end; empty = cannot boot."""
        head, tail = self.bytes_at(0, 1 << 20), self.bytes_at(self.size - (1 << 20), 1 << 20)
        found = []
        if head[510:512] == b"\x55\xaa":
            found.append("MBR signature")
        for block in (512, 4096):
            if head[block:block + 8] == b"EFI PART":
                found.append(f"GPT header in block 1 of {block} bytes")
            if tail[-block:][:8] == b"EFI PART":
                found.append(f"backup GPT header in the last block of {block} bytes")
        if any(head[32768 + 2048 * n + 1:][:5] == b"CD001" for n in range(16)):
            found.append("ISO 9660 descriptor")
        return found

    def close(self):
        """Releases and deletes the backing file."""
        self._file.close()
        os.unlink(self.path)
