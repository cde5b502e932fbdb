"""A stick that can be plugged in and pulled out while the guest runs."""

import json
import threading

from medium import Medium
from nbd import Server
from qmp import QMPError

MIB = 1 << 20


class Stick:
    """A removable disk on xHCI.

    kind        usb (usb-storage) or uas (UAS with one logical unit)
    block       logical and physical block size
    removable   what the stick says of its medium (RM bit)
    read_only   write-protected
    fill        bytes repeated over the whole medium, so that leftovers show
    """

    def __init__(self, machine, port, size, *, kind="usb", serial=None, block=512, removable=True, read_only=False,
                 fill=b"\xa5", plug=True):
        self.machine, self.port, self.kind, self.block = machine, port, kind, block
        self.removable, self.read_only = removable, read_only
        self.name = f"stick{port}"
        self.serial = serial or f"LAB{port:05d}"
        self.medium = Medium(f"{machine.folder}/{self.name}.raw", size * MIB, fill)
        self.server = Server(self.medium, f"{machine.folder}/{self.name}.nbd")
        self.node, self.plugged, self._pulling = None, False, None
        if plug:
            self.plug()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.discard()

    def plug(self):
        """Plugs in and waits for the device node."""
        if self._pulling:
            self._pulling.join()
        # QEMU is done with what was at the port before the guest is: the new disk must not be taken for the old one.
        self.machine.must(f"await 30 port_is_empty {self.port}")
        qmp = self.machine.qmp
        qmp.execute("blockdev-add", driver="raw", node_name=self.name, read_only=self.read_only, file={
            "driver": "nbd", "server": {"type": "unix", "path": self.server.path}, "read-only": self.read_only})
        sizes = {} if self.block == 512 else {"logical_block_size": self.block, "physical_block_size": self.block}
        if self.kind == "uas" or sizes:  # usb-storage itself passes no block size on to its disk
            qmp.execute("device_add", driver="usb-uas" if self.kind == "uas" else "usb-bot", id=self.name, bus="xhci.0", port=str(self.port),
                        serial=self.serial)
            qmp.execute("device_add", driver="scsi-hd", id=self.name + "-unit", bus=self.name + ".0", drive=self.name,
                        removable=self.removable, serial=self.serial, **sizes)
            # QEMU connects it to the port only now, when it has its logical unit.
            qmp.execute("qom-set", path=f"/machine/peripheral/{self.name}", property="attached", value=True)
        else:
            qmp.execute("device_add", driver="usb-storage", id=self.name, bus="xhci.0", port=str(self.port),
                        drive=self.name, removable=self.removable, serial=self.serial, **sizes)
        self.plugged = True
        self.node = self.machine.must(f"disk_at '[0-9]*-{self.port}' || exit; udevadm settle --timeout=20; true")
        return self

    def pull(self):
        """Unplugs without waiting for the guest; from a medium's action, use `pull_now`."""
        if self.plugged:
            self.plugged = False
            self.machine.qmp.execute("device_del", id=self.name)
            self.machine.qmp.wait_event("DEVICE_DELETED")
            for _ in range(50):
                try:
                    self.machine.qmp.execute("blockdev-del", node_name=self.name)
                    return
                except QMPError as error:
                    if "use" not in str(error):
                        raise
                    threading.Event().wait(0.05)

    def pull_now(self):
        """The action for medium.at_written: from this byte on nothing reaches the medium."""
        self._pulling = threading.Thread(target=self.pull, daemon=True)
        self._pulling.start()
        return True

    def unplug(self):
        """Unplugs and waits until the guest has noticed."""
        self.pull()
        self.machine.must(f"await 10 test ! -e /sys/block/{self.node[5:]}; udevadm settle")

    def replug(self):
        """Out and in again: the same medium, a new plug-in."""
        self.unplug()
        return self.plug()

    def dress(self):
        """Gives the medium an older system: boot code, a partition, a backup GPT at the end; faults are gone."""
        medium = self.medium
        medium.heal()
        partition = bytes([0x80, 0, 0, 0, 0x0C, 0, 0, 0]) + (2048).to_bytes(4, "little") + (8192).to_bytes(4, "little")
        medium.put(0, (b"old boot code " * 40)[:446] + partition + bytes(48) + b"\x55\xaa" + b"\xa5" * (2 * MIB - 512))
        medium.put(medium.size - 2 * MIB, b"\xa5" * (2 * MIB - 512) + b"EFI PART" + b"\xa5" * 504)
        return self

    def entry(self, everything=True):
        """What `burin list` says of this stick, or None."""
        result = self.machine.burin("list", *(["--all"] if everything else []), "--json")
        devices = (result.json or {}).get("devices", [])
        return next((device for device in devices if device["path"] == self.node), None)

    def id(self):
        """Its ID from `burin list`."""
        entry = self.entry()
        if entry is None:
            raise LookupError(f"burin list --all does not show {self.node}: "
                              + json.dumps(self.machine.burin("list", "--all").text))
        return entry["id"]

    def written_sectors(self):
        """The kernel's count of sectors written to it."""
        return int(self.machine.must(f"written_sectors {self.node}"))

    def discard(self):
        """Pulls it out and deletes its medium."""
        if self._pulling:
            self._pulling.join()
        if self.plugged and not self.machine.dead:
            self.pull()
        if self in self.machine.sticks:
            self.machine.sticks.remove(self)
            self.server.close()
            self.medium.close()
