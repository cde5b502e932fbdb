"""A small client for QMP, the control socket of QEMU."""

import json
import os
import socket
import threading
import time


# Properties of devices that are really spelt with an underscore.
ARGUMENT_NAMES = {name: name for name in ("logical_block_size", "physical_block_size", "rotation_rate")}


class QMPError(Exception):
    """QEMU refused a command or went away."""


class QMP:
    """One connection; `execute` sends a command, events are kept in `events`."""

    def __init__(self, path, process=None, timeout=120):
        self.events = []
        self._lock = threading.RLock()
        self._buffer = b""
        deadline = time.monotonic() + timeout
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.connect(os.fspath(path))
                break
            except OSError:
                self._socket.close()
                if process is not None and process.poll() is not None:
                    raise QMPError(f"QEMU ended with status {process.returncode} before it opened QMP")
                if time.monotonic() > deadline:
                    raise QMPError(f"QEMU did not open {path} within {timeout} s")
                time.sleep(0.02)
        self._socket.settimeout(timeout)
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def _read(self):
        while b"\n" not in self._buffer:
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise QMPError(f"QMP: {error}") from error
            if not data:
                raise QMPError("QEMU closed QMP")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command, **arguments):
        """Runs one command and returns its result; names use '_' for '-'."""
        with self._lock:
            return self._execute(command, arguments)

    def _execute(self, command, arguments):
        message = {"execute": command}
        if arguments:
            message["arguments"] = {ARGUMENT_NAMES.get(key, key.replace("_", "-")): value for key, value in arguments.items()}
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise QMPError(f"QMP: {error}") from error
        while True:
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise QMPError(f"{command}: {answer['error'].get('desc')}")
            else:
                return answer.get("return")

    def wait_event(self, name, timeout=80):
        """Waits for an event such as DEVICE_DELETED and returns it."""
        with self._lock:
            return self._wait_event(name, timeout)

    def _wait_event(self, name, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)
        raise QMPError(f"no {name} event within {timeout} s")

    def close(self):
        """Ends the connection; QEMU goes on."""
        self._socket.close()
