"""An NBD server in one thread, which serves a Medium to QEMU."""

import errno
import os
import socket
import struct
import threading

GREETING = b"NBDMAGICIHAVEOPT"
REPLY_MAGIC = 0x3E889045565A9
OPTION_EXPORT_NAME, OPTION_ABORT, OPTION_INFO, OPTION_GO = 1, 2, 6, 7
REPLY_ACK, REPLY_INFO, REPLY_UNSUPPORTED = 1, 3, 0x80000001
HAS_FLAGS, READ_ONLY, SEND_FLUSH, SEND_FUA = 1, 2, 4, 8
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FUA = 1


class Server:
    """Listens on a Unix socket; QEMU may connect again after each unplug."""

    def __init__(self, medium, path):
        self.medium, self.path = medium, path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(4)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self):
        """Stops listening."""
        self._listener.close()
        os.unlink(self.path)

    @staticmethod
    def _receive(connection, length):
        data = bytearray()
        while len(data) < length:
            part = connection.recv(length - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return bytes(data)

    def _serve(self, connection):
        try:
            for side in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                connection.setsockopt(socket.SOL_SOCKET, side, 1 << 20)
            if self._negotiate(connection):
                while self._answer(connection):
                    pass
        except (ConnectionError, OSError):
            pass  # the machine was killed or the stick unplugged: nothing to tell anyone
        finally:
            connection.close()

    def _negotiate(self, connection):
        connection.sendall(GREETING + struct.pack(">H", 1))  # fixed newstyle
        self._receive(connection, 4)
        flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA
        while True:
            _, option, length = struct.unpack(">QII", self._receive(connection, 16))
            self._receive(connection, length)
            if option == OPTION_EXPORT_NAME:
                connection.sendall(struct.pack(">QH124x", self.medium.size, flags))
                return True
            if option in (OPTION_GO, OPTION_INFO):
                info = struct.pack(">HQH", 0, self.medium.size, flags)
                connection.sendall(struct.pack(">QIII", REPLY_MAGIC, option, REPLY_INFO, len(info)) + info
                                   + struct.pack(">QIII", REPLY_MAGIC, option, REPLY_ACK, 0))
                if option == OPTION_GO:
                    return True
            elif option == OPTION_ABORT:
                connection.sendall(struct.pack(">QIII", REPLY_MAGIC, option, REPLY_ACK, 0))
                return False
            else:
                connection.sendall(struct.pack(">QIII", REPLY_MAGIC, option, REPLY_UNSUPPORTED, 0))

    def _answer(self, connection):
        _, flags, command, handle, offset, length = struct.unpack(">IHHQQI", self._receive(connection, 28))
        data, error = b"", 0
        if command == DISCONNECT:
            return False
        payload = self._receive(connection, length) if command == WRITE else b""
        with self.medium.lock:
            if command == READ:
                data, error = self.medium.read(offset, length)
            elif command == WRITE:
                error = self.medium.write(offset, payload)
                if not error and flags & FUA:
                    error = self.medium.flush()
            elif command == FLUSH:
                error = self.medium.flush()
            else:
                error = errno.EINVAL
        connection.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + (b"" if error else data))
        return True
