"""Downloads Debian or Ubuntu packages and unpacks them into the cache, without installing them."""

import os
import re
import shutil
import subprocess

import packages


class UnpackError(Exception):
    """A package cannot be had."""


def _lines(*command):
    environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise UnpackError(f"{' '.join(command[:3])}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout.splitlines()


def depends(package):
    """Names a package depends on, alternatives included."""
    lines = _lines("apt-cache", "depends", "--no-recommends", "--no-suggests", package)
    return [line.split(": ", 1)[1].strip() for line in lines if line.strip(" |").startswith("Depends: ")]


def kernel_packages():
    """The image and module packages behind the distribution's kernel meta package."""
    available = set(_lines("apt-cache", "pkgnames", "linux-image-"))
    meta = next((name for name in packages.KERNELS if name in available), None)
    if meta is None:
        raise UnpackError(f"none of {', '.join(packages.KERNELS)} is known to apt: run apt-get update")
    wanted, queue = [], depends(meta)
    while queue:
        name = queue.pop(0)
        if re.match(r"linux-(image|modules)\S*-\d", name) and name not in wanted:
            wanted.append(name)
            queue += depends(name)
    # Ubuntu keeps drivers of ordinary hardware in a package of their own.
    extra = [name.replace("linux-modules-", "linux-modules-extra-", 1) for name in wanted if "-modules-" in name]
    known = set(_lines("apt-cache", "pkgnames", "linux-modules-extra-")) if extra else set()
    return wanted + [name for name in extra if name in known and name not in wanted]


def guest_packages(names=packages.GUEST):
    """The guest's tools with the libraries that this host does not have."""
    lines = _lines("apt-get", "install", "--simulate", "--no-install-recommends", *names)
    return [line.split()[1] for line in lines if line.startswith("Inst ")]


def unpack(names, cache, root):
    """Makes `root` hold exactly the packages `names`; returns it. Done once for each set of versions."""
    uris = _lines("apt-get", "download", "--print-uris", *names)
    files = sorted(line.split()[1] for line in uris if line.startswith("'"))
    stamp = os.path.join(root, ".packages")
    try:
        with open(stamp, encoding="utf-8") as file:
            if file.read().split() == files:
                return root
    except OSError:
        pass
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    downloads = os.path.join(cache, "packages")
    os.makedirs(downloads, exist_ok=True)
    needed = [name for name, file in zip(names, _files_of(names, uris)) if not os.path.exists(f"{downloads}/{file}")]
    if needed:
        print(f"lab: downloading {' '.join(needed)}", flush=True)
        result = subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", *needed],
                                cwd=downloads, capture_output=True, text=True, check=False)
        if result.returncode:
            raise UnpackError(f"apt-get download: {result.stderr.strip()}")
    for file in files:
        subprocess.run(["dpkg-deb", "-x", os.path.join(downloads, file), root], check=True)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write("\n".join(files))
    return root


def _files_of(names, uris):
    """File name of each package, in the order of `names`."""
    by_name = {}
    for line in uris:
        if line.startswith("'"):
            file = line.split()[1]
            by_name[file.split("_", 1)[0]] = file
    return [by_name[name.split(":")[0]] for name in names]
