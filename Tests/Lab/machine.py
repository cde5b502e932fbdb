"""The lab's machine: a guest under QEMU, commands run in it, and its fixed disks."""

import contextlib
import dataclasses
import json
import os
import shlex
import socket
import subprocess
import tempfile
import threading
import time

from medium import Medium
from nbd import Server
from qmp import QMP, QMPError
from stick import Stick

MIB = 1 << 20
# How much longer everything may take where other work runs beside the guest.
BUSY = 4


class MachineError(Exception):
    """The guest did not start, or does not answer."""


@dataclasses.dataclass
class Result:
    """How a command ended in the guest."""

    status: int
    out: str
    err: str

    @property
    def text(self):
        """Both outputs."""
        return self.out + self.err

    @property
    def json(self):
        """Standard output as one JSON value, or None."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    @property
    def events(self):
        """Standard output as JSON Lines; lines that are none are left out."""
        values = []
        for line in self.out.splitlines():
            try:
                values.append(json.loads(line))
            except ValueError:
                continue
        return values


class Job:
    """A command that runs in the guest."""

    def __init__(self, machine, number, command):
        self.machine, self.number, self.command = machine, number, command
        self.status, self.finished = None, threading.Event()

    def _text(self, kind):
        path = f"{self.machine.share}/jobs/{self.number}.{kind}"
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def output(self):
        """What it has printed so far."""
        return self._text("out") + self._text("err")

    def wait(self, timeout=60):
        """Its result; `timeout` is in seconds of a quiet machine."""
        patience = timeout * BUSY
        if not self.finished.wait(patience):
            raise MachineError(f"no end within {patience} s: {self.command}\n{self.output()}\n{self.machine.console()}")
        if self.status is None:
            raise MachineError(f"the machine stopped during: {self.command}")
        return Result(self.status, self._text("out"), self._text("err"))


class Machine:
    """A running guest. `machine.run("ls")` runs there; `machine.stick()` plugs in a stick."""

    def __init__(self, kernel, initramfs, cache, images):
        self.folder = tempfile.mkdtemp(prefix="machine-", dir=cache)
        self.share = f"{self.folder}/share"
        os.makedirs(f"{self.share}/jobs")
        self.images = images
        self.jobs, self.sticks, self._number, self.dead = {}, [], 0, False
        self.media, self._servers = {}, []
        started = time.monotonic()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{self.folder}/agent")
        listener.listen(1)
        with open(f"{self.folder}/qemu.log", "wb") as log:
            self.process = subprocess.Popen(self._arguments(kernel, initramfs), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        try:
            self.qmp = QMP(f"{self.folder}/qmp", self.process)
        except QMPError as error:
            with open(f"{self.folder}/qemu.log", encoding="utf-8", errors="replace") as log:
                raise MachineError(f"{error}: {log.read().strip()}") from error
        self._agent, _ = listener.accept()
        listener.close()
        self._ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._ready.wait(300) or self.dead:
            raise MachineError(f"the guest {'stopped' if self.dead else 'took 300 s'} while it started\n{self.console()}")
        self.boot_seconds = time.monotonic() - started

    def _fixed(self, name, size, **faults):
        """A disk that is there from the start, served like a stick."""
        medium = Medium(f"{self.folder}/{name}.raw", size)
        for fault, value in faults.items():
            setattr(medium, fault, value)
        self.media[name] = medium
        self._servers.append(Server(medium, f"{self.folder}/{name}.nbd"))
        return ["-drive", f"if=none,id={name},format=raw,file=nbd+unix:///?socket={self.folder}/{name}.nbd"]

    def _arguments(self, kernel, initramfs):
        folder = self.folder
        # Translated code is found again by its virtual address: programs that lie at the same one in every run start
        # in a tenth of the time. AVX is emulated slowly, and everything has another way for processors without it.
        # A kernel that counts the ticks of its timer panics where the machine around it is too busy to emulate them.
        return ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "Westmere", "-smp", "1", "-m", "768",
                "-nic", "none", "-kernel", kernel, "-initrd", initramfs,
                "-append", "console=ttyS0 loglevel=4 panic=-1 no_timer_check mitigations=off nokaslr norandmaps",
                "-serial", f"file:{folder}/console.log", "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
                "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={folder}/agent",
                "-device", "virtserialport,chardev=agent,name=agent",
                "-fsdev", f"local,id=share,path={self.share},security_model=none",
                "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
                "-fsdev", f"local,id=images,path={self.images},security_model=none,readonly=on",
                "-device", "virtio-9p-pci,fsdev=images,mount_tag=images",
                "-device", "qemu-xhci,id=xhci,p2=15,p3=15", "-device", "pcie-root-port,id=network-port",
                *self._fixed("nvme", 128 * MIB), "-device", "nvme,drive=nvme,serial=NVME0001",
                *self._fixed("sata", 128 * MIB), "-device", "ide-hd,bus=ide.0,drive=sata,serial=SATA0001",
                *self._fixed("card", 64 * MIB), "-device", "sdhci-pci,id=sdhci", "-device", "sd-card,drive=card",
                "-drive", "if=none,id=slot", "-device",
                "usb-storage,id=reader,bus=xhci.0,port=15,drive=slot,removable=on,serial=READER01"]

    def _listen(self):
        data = b""
        while True:
            try:
                part = self._agent.recv(4096)
            except OSError:
                part = b""
            if not part:
                break
            data += part
            while b"\n" in data:
                line, data = data.split(b"\n", 1)
                number, status = line.split()
                if number == b"ready":
                    self._ready.set()
                    continue
                job = self.jobs[int(number)]
                job.status = int(status)
                job.finished.set()
        self.dead = True
        self._ready.set()
        for job in list(self.jobs.values()):
            job.finished.set()

    def console(self):
        """The last lines of the kernel's console."""
        try:
            with open(f"{self.folder}/console.log", encoding="utf-8", errors="replace") as file:
                return "console: " + "\n".join(file.read().splitlines()[-25:])
        except OSError:
            return ""

    def start(self, command):
        """Starts a shell command in the guest beside the others."""
        self._number += 1
        job = self.jobs[self._number] = Job(self, self._number, command)
        with open(f"{self.share}/jobs/{job.number}.sh", "w", encoding="utf-8") as file:
            file.write(command + "\n")
        self._agent.sendall(f"{job.number}\n".encode())
        return job

    def run(self, command, timeout=60):
        """Runs a shell command in the guest and returns its Result."""
        return self.start(command).wait(timeout)

    def must(self, command, timeout=60):
        """Like run, for preparations: a failure is an error of the lab."""
        result = self.run(command, timeout)
        if result.status:
            raise MachineError(f"status {result.status}: {command}\n{result.text}\n{self.console()}")
        return result.out.strip()

    def burin(self, *words, timeout=120):
        """Runs burin with these arguments."""
        return self.run("exec burin " + shlex.join(map(str, words)), timeout)

    def stick(self, size=64, **options):
        """Plugs in a new stick; see stick.py."""
        taken = {stick.port for stick in self.sticks}
        port = next(port for port in range(1, 15) if port not in taken)
        stick = Stick(self, port, size, **options)
        self.sticks.append(stick)
        return stick

    def put_card(self, filename):
        """Puts a medium into the card reader, in place of what is there; the kernel sees it when somebody looks."""
        # By force: the kernel locks the door of a drive that is held open, which many readers do not have.
        with self._paused():
            self.qmp.execute("blockdev-change-medium", device="slot", filename=filename, format="raw", force=True)

    def take_card(self):
        """Empties the card reader."""
        with self._paused():
            self.qmp.execute("eject", device="slot", force=True)

    @contextlib.contextmanager
    def _paused(self):
        """The guest stands still and has no request under way, which QEMU 7.2 does not always survive in a drive whose
        medium changes, and which could be tried again on another medium than it was meant for."""
        self.qmp.execute("stop")
        try:
            yield
        finally:
            self.qmp.execute("cont")

    @contextlib.contextmanager
    def network(self):
        """A network for a while, in which 10.0.2.2 is this host."""
        self.qmp.execute("netdev_add", type="user", id="network")
        self.qmp.execute("device_add", driver="virtio-net-pci", id="network-card", netdev="network",
                         bus="network-port")
        try:
            self.must("await 20 test -e /sys/class/net/eth0; ifconfig eth0 10.0.2.15 up")
            yield
        finally:
            self.qmp.execute("device_del", id="network-card")
            self.qmp.wait_event("DEVICE_DELETED")
            self.qmp.execute("netdev_del", id="network")

    def kill(self):
        """The power cut: QEMU ends at once, media keep what had reached them."""
        self.process.kill()
        self.process.wait()
        self.dead = True
        return True

    def stop(self):
        """Ends the guest and deletes what belongs to it."""
        self.kill()
        self.qmp.close()
        self._agent.close()
        for stick in list(self.sticks):
            stick.discard()
        for server in self._servers:
            server.close()
        for medium in self.media.values():
            medium.close()
        subprocess.run(["rm", "-rf", self.folder], check=False)
