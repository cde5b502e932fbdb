"""Boots a raw image, or a written stick, as the only boot device and waits for a text.

    result = firmware.boot("stick.img", "ovmf", expect=["grub>"])
    if not result.found: print(result.why, result.transcript)

The image is never changed: QEMU writes into a snapshot. The text is looked for on the serial
port, in VGA text memory, and (UEFI only) in text shadows in RAM; see screen.py.
"""

import dataclasses
import os
import shutil
import subprocess
import tempfile
import time

import screen
from qmp import QMP, QMPError

OVMF = "/usr/share/OVMF"
MEMORY_MIB = 256

# What firmware and boot loaders print when there is nothing (allowed) to boot.
REFUSALS = {
    "seabios": ["No bootable device", "Boot failed: could not read the boot disk", "isolinux.bin missing or corrupt"],
    "ovmf": ["No bootable option or device was found", "Press any key to enter the Boot Manager Menu", "Shell>"],
}
REFUSALS["ovmf-secure-boot"] = REFUSALS["ovmf"] + ["Access Denied", "Security Violation", "Verification failed"]
REFUSALS["ovmf-ia32"] = REFUSALS["aavmf"] = REFUSALS["ovmf"]
FIRMWARE = tuple(REFUSALS)
# Where packages are unpacked that need not be installed: ovmf-ia32, qemu-efi-aarch64, qemu-system-arm.
UNPACKED = os.environ.get("BURIN_UNPACKED", "/")


@dataclasses.dataclass
class BootResult:
    """`found` is the text that appeared (None: none did), `why` says how it ended."""

    found: str | None
    seconds: float
    why: str
    transcript: str

    def __bool__(self):
        return self.found is not None


def firmware_arguments(firmware, scratch):
    """QEMU options of a firmware; UEFI variables are a private copy."""
    if firmware == "seabios":
        return ["-machine", "pc,accel=tcg"]
    secure = firmware in ("ovmf-secure-boot", "ovmf-ia32")  # that for ia32 exists in this build only, without keys
    keys = ".ms" if secure else ""
    code, variables = f"{OVMF}/OVMF_CODE_4M{keys}.fd", f"{OVMF}/OVMF_VARS_4M{keys}.fd"
    if firmware == "ovmf-ia32":
        code, variables = (f"{UNPACKED}{OVMF}/OVMF32_{part}.fd" for part in ("CODE_4M.secboot", "VARS_4M"))
    elif firmware == "aavmf":
        code, variables = (f"{UNPACKED}/usr/share/AAVMF/AAVMF_{part}.fd" for part in ("CODE", "VARS"))
    for path in (code, variables):
        if not os.path.exists(path):
            raise FileNotFoundError(f"{path} is missing: install the Debian package ovmf")
    copy = os.path.join(scratch, "vars.fd")
    shutil.copyfile(variables, copy)
    if firmware == "aavmf":
        arguments = ["-machine", "virt,accel=tcg", "-cpu", "cortex-a57"]
        return arguments + ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                            "-drive", f"if=pflash,format=raw,unit=1,file={copy}"]
    arguments = ["-machine", f"q35,accel=tcg,smm={'on' if secure else 'off'}", "-global", "ICH9-LPC.disable_s3=1"]
    if secure:
        arguments += ["-global", "driver=cfi.pflash01,property=secure,value=on"]
    return arguments + ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                        "-drive", f"if=pflash,format=raw,unit=1,file={copy}"]


def device_arguments(image, device, block_size):
    """The only boot device: a stick on xHCI, a disc (`cdrom`, `scsi-cdrom`), or a SATA `disk`."""
    drive = ["-drive", f"if=none,id=stick,format=raw,snapshot=on,file={os.fspath(image).replace(',', ',,')}"]
    if device == "scsi-cdrom":
        return drive + ["-device", "virtio-scsi-pci,id=scsi", "-device", "scsi-cd,bus=scsi.0,drive=stick,bootindex=0"]
    if device == "cdrom":
        return drive + ["-device", "ich9-ahci,id=ahci1", "-device", "ide-cd,bus=ahci1.0,drive=stick,bootindex=0"]
    if device == "disk":
        return drive + ["-device", "ich9-ahci,id=ahci1", "-device", "ide-hd,bus=ahci1.0,drive=stick,bootindex=0"]
    sizes = "" if block_size == 512 else f",logical_block_size={block_size},physical_block_size={block_size}"
    return drive + ["-device", "qemu-xhci,id=xhci",
                    "-device", f"usb-storage,bus=xhci.0,drive=stick,removable=on,bootindex=0{sizes}"]


class _Machine:
    """A running QEMU with its serial port and QMP."""

    def __init__(self, image, firmware, device, block_size, scratch):
        self.scratch, self.uefi = scratch, firmware != "seabios"
        self.serial = os.path.join(scratch, "serial")
        arm = firmware == "aavmf"
        binary = f"{UNPACKED}/usr/bin/qemu-system-aarch64" if arm else "qemu-system-x86_64"
        self.has_vga = not arm
        arguments = [binary, "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none" if arm else "std",
                     "-m", str(MEMORY_MIB), "-smp", "1", "-nic", "none", "-no-reboot", "-rtc", "base=utc",
                     "-serial", f"file:{self.serial}", "-qmp", f"unix:{scratch}/qmp,server=on,wait=off"]
        arguments += firmware_arguments(firmware, scratch) + device_arguments(image, device, block_size)
        with open(os.path.join(scratch, "errors"), "wb") as errors:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            self.qmp = QMP(f"{scratch}/qmp", self.process)
        except QMPError as error:
            self.process.kill()
            self.process.wait()
            with open(os.path.join(scratch, "errors"), encoding="utf-8", errors="replace") as file:
                raise QMPError(f"{error}: {file.read().strip()}") from error

    def ends_within(self, seconds):
        """Waits for a moment; true when the machine has stopped."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def text(self):
        """Serial output and the text screen."""
        with open(self.serial, "rb") as file:
            shown = screen.plain(file.read())
        return shown + "\n" + (screen.vga_text(self.qmp, self.scratch) if self.has_vga else "")

    def shadow_of(self, texts):
        """The first of `texts` that a program shows through its own letters.

        The machine's clock stands still meanwhile: QEMU does nothing else while it saves memory, and firmware
        that finds its serial port stuck for so long gives up on what it was about to show.
        """
        self.qmp.execute("stop")
        try:
            memory = screen.read_memory(self.qmp, self.scratch, 0, MEMORY_MIB << 20)
        finally:
            self.qmp.execute("cont")
        return next((text for text in texts if screen.pairs_with(memory, text)), None)

    def stop(self):
        self.qmp.close()
        self.process.kill()
        self.process.wait()


def boot(image, firmware, expect, *, refuse=None, timeout=150, device="usb", block_size=512, keys=None,
         shadows=True):
    """Boots `image` under one of FIRMWARE until one of `expect` or of `refuse` appears.

    `expect` is a text or a list of texts; `refuse` defaults to what the firmware says when it finds
    nothing to boot. `device` is usb, disk, cdrom or scsi-cdrom. `keys` is a QMP key name pressed every second,
    for menus that wait (for example "ret"). Without `shadows` RAM is not searched, which takes long.
    """
    expected = [expect] if isinstance(expect, str) else list(expect)
    refused = REFUSALS[firmware] if refuse is None else list(refuse)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="burin-boot-") as scratch:
        machine = _Machine(image, firmware, device, block_size, scratch)
        text, next_shadow = "", started + 4

        def result(found, why):
            return BootResult(found, time.monotonic() - started, why, text)

        try:
            while time.monotonic() - started < timeout:
                if machine.ends_within(0.7):
                    return result(None, "the machine stopped")
                text = machine.text()
                for wanted in expected:
                    if wanted in text:
                        return result(wanted, "shown")
                for wanted in refused:
                    if wanted in text:
                        return result(None, f"the firmware says: {wanted}")
                if keys:
                    machine.qmp.execute("send-key", keys=[{"type": "qcode", "data": keys}])
                if shadows and machine.uefi and machine.has_vga and time.monotonic() > next_shadow:
                    found = machine.shadow_of(expected)
                    if found:
                        return result(found, "shown (text shadow in RAM)")
                    next_shadow = time.monotonic() + 4
            return result(None, f"nothing expected within {timeout} s")
        except QMPError as error:
            return result(None, str(error))
        finally:
            machine.stop()
