"""Cards for the reader that every guest has."""

from medium import Medium
from nbd import Server

MIB = 1 << 20


class Card:
    """A card for the reader, whose medium counts and acts as a stick's does."""

    def __init__(self, machine, name, fill):
        self.machine = machine
        self.medium = Medium(f"{machine.folder}/{name}.raw", 16 * MIB, fill)
        self.server = Server(self.medium, f"{machine.folder}/{name}.nbd")

    def insert(self):
        """Puts it into the reader, for whatever is there; the kernel sees it when somebody looks."""
        self.machine.put_card(f"nbd+unix:///?socket={self.server.path}")

    def discard(self):
        """Releases its memory."""
        self.server.close()
        self.medium.close()


def inserted(machine, node, first):
    """Puts the first card into the reader; returns the ID that burin gives it."""
    first.insert()
    machine.must(f"await 20 eval 'dd if={node} of=/dev/null bs=512 count=1 && "
                 f"[ $(cat /sys/block/{node[5:]}/size) = 32768 ]'; udevadm settle")
    listing = machine.burin("list", "--all", "--json").json["devices"]
    return next(entry["id"] for entry in listing if entry["path"] == node)
