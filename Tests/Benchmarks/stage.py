"""The image and the device that the contenders work on."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

MIB = 1 << 20


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Stage:
    """A tmpfs with the image and the file behind a loop device, and a copy of the image on a disk.

    The times are taken with the image in memory; what stays in the page cache is only seen of one on a disk.
    """

    # How many files as long as the image are kept in memory.
    copies = 2

    def __init__(self, burin: str, byte_count: int) -> None:
        self.burin = burin
        self.byte_count = byte_count
        self.device = ""
        self.is_mounted = False

    def __enter__(self) -> "Stage":
        # Beside the binary, because the usual folders for temporary files may be in memory themselves.
        self.scratch = Path(tempfile.mkdtemp(prefix="burin-benchmark.", dir=Path(self.burin).parent))
        os.environ["BURIN_STATE_DIRECTORY"] = str(self.scratch / "state")
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def build(self) -> None:
        memory = self.scratch / "memory"
        memory.mkdir()
        room = self.copies * self.byte_count + 64 * MIB
        output_of("mount", "-t", "tmpfs", "-o", f"size={room},mode=700", "tmpfs", str(memory))
        self.is_mounted = True
        self.image = str(memory / "image")
        self.image_on_disk = str(self.scratch / "image")
        with open(self.image, "wb") as image:
            self.write_image(image)
        shutil.copyfile(self.image, self.image_on_disk)
        # Written once, so that no contender is the first to ask for the memory.
        shutil.copyfile(self.image, memory / "disk")
        self.device = self.attach(str(memory / "disk"))

    def attach(self, disk: str) -> str:
        """The device whose bytes are those of a file."""
        return output_of("losetup", "--find", "--show", disk)

    def write_image(self, image) -> None:
        for _ in range(self.byte_count // MIB):
            image.write(os.urandom(MIB))

    def __exit__(self, *_) -> None:
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], check=False)
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.scratch / "memory")], check=False)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def prepare(self, for_reading: bool) -> None:
        """Gives every contender the same: an empty page cache, and a device that holds the image or something else."""
        if for_reading:
            output_of("dd", f"if={self.image}", f"of={self.device}", "bs=4M", "oflag=direct", "status=none")
        else:
            output_of("dd", "if=/dev/zero", f"of={self.device}", "bs=4M", "oflag=direct", "status=none",
                      f"count={self.byte_count // (4 * MIB)}")
        output_of("blockdev", "--flushbufs", self.device)
        descriptor = os.open(self.image_on_disk, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)

    def fill_in(self, command: str, image: str) -> str:
        needs_id = "{id}" in command
        return command.format(
            image=shlex.quote(image), device=self.device, id=self.device_id() if needs_id else "")

    def device_id(self) -> str:
        listing = json.loads(output_of(self.burin, "list", "--all", "--json"))
        return next(device["id"] for device in listing["devices"] if device["path"] == self.device)
