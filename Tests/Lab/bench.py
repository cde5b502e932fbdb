"""The bench that scenarios work at: images, a machine shared by many of them, and assertions."""

import hashlib
import os
import random
import shutil
import subprocess

from machine import Machine

MIB = 1 << 20
MARKER = "BURIN-LAB-STICK-STARTED"


class Failed(AssertionError):
    """What a scenario claims is not so."""


def check(condition, message):
    """Fails the scenario with a sentence that says what should have been."""
    if not condition:
        raise Failed(message)


def check_status(result, expected, situation):
    """The exit status is one of `expected`; the failure shows what the program said."""
    allowed = (expected,) if isinstance(expected, int) else tuple(expected)
    wanted = " or ".join(map(str, allowed))
    check(result.status in allowed,
          f"{situation}: exit status {result.status} instead of {wanted}\n{result.text[-1500:]}")


class Image:
    """An image file the guest sees as /images/NAME."""

    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        self.guest = f"/images/{self.name}"
        self.size = os.path.getsize(path)
        with open(path, "rb") as file:
            self.data = file.read()
        self.sha256 = hashlib.sha256(self.data).hexdigest()


class Bench:
    """Gives scenarios what they need and keeps one machine running for those that may share it."""

    def __init__(self, cache, kernel, initramfs):
        self.cache, self.kernel, self.initramfs = cache, kernel, initramfs
        self.images = os.path.join(cache, "images")
        os.makedirs(self.images, exist_ok=True)
        self.boots, self._machine = 0, None

    def boot(self, sleeps=False):
        """A machine of one's own; the scenario stops it. One that `sleeps` can also wake up again."""
        self.boots += 1
        machine = Machine(self.kernel.packed if sleeps else self.kernel.elf, self.initramfs, self.cache, self.images)
        print(f"        guest ready after {machine.boot_seconds:.1f} s", flush=True)
        return machine

    @property
    def machine(self):
        """The shared machine; a new one when the last was killed."""
        if self._machine is None or self._machine.dead:
            self.power_off()
            self._machine = self.boot()
        return self._machine

    def power_off(self):
        """Stops the shared machine."""
        if self._machine is not None:
            self._machine.stop()
            self._machine = None

    def tidy(self):
        """Pulls every stick a scenario left behind and clears the state directory; gives the machine up when that fails."""
        try:
            for stick in list(self._machine.sticks) if self._machine else []:
                stick.discard()
            # The guest's disk is memory, which the saved parts of many sticks would fill.
            if self._machine and not self._machine.dead:
                self._machine.run("rm -rf /var/lib/burin", timeout=60)
        except Exception as error:  # whatever happened, the next scenario starts on a new machine
            print(f"        the machine is given up: {error}", flush=True)
            self.power_off()

    def image(self, size_mib=12):
        """A bootable hybrid ISO of about this size, filled with noise that never repeats."""
        path = os.path.join(self.images, f"hybrid-{size_mib}.iso")
        if not os.path.exists(path):
            tree = os.path.join(self.cache, "tree")
            shutil.rmtree(tree, ignore_errors=True)
            os.makedirs(f"{tree}/boot/grub")
            with open(f"{tree}/boot/grub/grub.cfg", "w", encoding="utf-8") as file:
                # Not `serial` besides: under UEFI the console is on that port already, and GRUB's own driver of it
                # leaves out whatever a busy machine does not take within 50 ms.
                file.write(f"for turn in {' '.join(map(str, range(30)))}; do echo {MARKER}; sleep 5; done\n")
            with open(f"{tree}/noise", "wb") as file:
                file.write(random.Random(size_mib).randbytes(max(size_mib - 10, 1) * MIB + 1234))
            command = ["grub-mkrescue", "--compress=xz", "-o", path + ".new", tree]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise Failed(f"grub-mkrescue: {result.stderr.strip()[-500:]}")
            shutil.rmtree(tree)
            os.rename(path + ".new", path)
        return Image(path)

    def keep(self, name, data):
        """An image with exactly these bytes."""
        path = os.path.join(self.images, name)
        with open(path, "wb") as file:
            file.write(data)
        return Image(path)


class Scenarios:
    """All named tests, in the order in which their files were read."""

    def __init__(self):
        self.all = []

    def __call__(self, *rules):
        """Decorates a test `def name(bench)` with the rules it proves."""
        def register(function):
            function.rules = rules
            self.all.append(function)
            return function
        return register


scenario = Scenarios()
