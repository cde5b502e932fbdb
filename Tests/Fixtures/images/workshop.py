"""What every builder uses: scratch directories, tools, packages, and byte surgery on files."""

import os
import shutil
import subprocess
from pathlib import Path

# Every tool that honours it writes the same time stamps on every run.
EPOCH = 1_700_000_000
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "SOURCE_DATE_EPOCH": str(EPOCH),
    "MTOOLS_SKIP_CHECK": "1",
    "MTOOLSRC": "/dev/null",
}


class Workshop:
    """A cache of unpacked packages and a scratch directory for one image."""

    def __init__(self, output: Path, cache: Path):
        self.output = output
        self.cache = cache
        self.root = cache / "root"
        self.scratch = cache / "scratch"

    def fetch(self, names: list[str]):
        """Unpacks Debian packages into `root` without installing them."""
        for name in names:
            stamp = self.cache / f"{name}.unpacked"
            if stamp.exists():
                continue
            debs = self.cache / "debs"
            debs.mkdir(parents=True, exist_ok=True)
            if not list(debs.glob(f"{name}_*.deb")):
                # As root apt drops to _apt, which may not enter the directory; that is only a warning.
                run("apt-get", "-q", "download", name, cwd=debs)
            run("dpkg", "-x", next(debs.glob(f"{name}_*.deb")), self.root)
            stamp.touch()

    def package_file(self, path: str) -> Path:
        """A file of an unpacked package."""
        found = self.root / path
        if not found.exists():
            raise FileNotFoundError(f"no unpacked package has {path}")
        return found

    def fresh(self, name: str) -> Path:
        """An empty scratch directory."""
        directory = self.scratch / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory

    def tree(self, name: str, files: dict[str, bytes | Path]) -> Path:
        """A directory with these files, all with the same time stamp."""
        directory = self.fresh(name)
        for path, content in files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, target)
            else:
                target.write_bytes(content)
        for parent, directories, names in os.walk(directory):
            for entry in [".", *directories, *names]:
                os.utime(os.path.join(parent, entry), (EPOCH, EPOCH))
        return directory


def run(*command, cwd=None, stdin: bytes | None = None) -> str:
    """Runs a tool; its output matters only when it fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, input=stdin, env=ENVIRONMENT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{text}")
    return text


def blank(path: Path, size: int):
    """A sparse file of `size` bytes."""
    with open(path, "wb") as file:
        file.truncate(size)


def put(path: Path, offset: int, data: bytes):
    """Overwrites bytes in place."""
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def get(path: Path, offset: int, count: int) -> bytes:
    """Reads bytes."""
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(count)


def copy(source: Path, target: Path):
    """Copies a file and keeps its holes."""
    run("cp", "--sparse=always", source, target)


def insert(path: Path, offset: int, source: Path):
    """Writes a whole file into an image, leaving holes where it holds zeros."""
    with open(source, "rb") as reader, open(path, "r+b") as writer:
        while chunk := reader.read(65536):
            if chunk.strip(b"\0"):
                writer.seek(offset)
                writer.write(chunk)
            offset += len(chunk)
