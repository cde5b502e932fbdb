"""What else writes an image: the programs, how they are run, and what each has proven when it ends."""

import shlex
import shutil
from typing import NamedTuple

# What is known of the medium when a command has ended, from the most to the least.
DIGEST = "read back past the cache, SHA-256 known"
DIRECT = "read back past the cache"
CACHED_DIGEST = "read back through the cache, SHA-256 known"
CACHED = "read back through the cache"
NOTHING = "nothing"

OWN = "burin write"
UNHASHED = "burin write --digest none"
LEANEST = "leanest in C"
HASHING = "SHA-256 and read-back in C"
YARDSTICK = "dd, openssl sha256 twice"


class Peer(NamedTuple):
    """A shell command, in which {image}, {device} and {id} are filled in, and what it has proven when it ends."""

    command: str
    proof: str
    # The program that has to be installed, and the package of Debian that has it.
    program: str = "dd"
    package: str = "coreutils"


# Peers that no package of Debian 12 has, and nobody can build from Debian's packages alone.
UNAVAILABLE = {
    "caligula": "needs crates that Debian does not have; 'leanest in C' does what it does, with larger buffers",
    "bmap-rs": "needs crates that Debian does not have",
    "balenaEtcher": "needs Electron, and has no command line any more",
    "popsicle, usbimager": "not in Debian 12, and they never read the medium itself back",
}


def own_command(burin: str) -> str:
    return f"{shlex.quote(burin)} write {{image}} {{device}} --yes --confirm {{id}} --allow-loop"


def all_peers(burin: str, leanest: str, hashing: str) -> dict[str, Peer]:
    """Every contender by the name that the tables show. Who does not read back is followed by a comparison."""
    write = own_command(burin)
    dd = "dd if={image} of={device} bs=4M oflag=direct conv=fsync status=none"
    compare = "cmp {image} {device}"
    return {
        OWN: Peer(write, DIGEST),
        UNHASHED: Peer(f"{write} --digest none", DIRECT),
        LEANEST: Peer(f"{shlex.quote(leanest)} {{image}} {{device}}", DIRECT),
        HASHING: Peer(f"{shlex.quote(hashing)} {{image}} {{device}}", NOTHING),
        YARDSTICK: Peer(f"{dd} && openssl dgst -sha256 {{image}} && openssl dgst -sha256 {{device}}", CACHED_DIGEST,
                        "openssl", "openssl"),
        "dd, sha256sum twice": Peer(f"{dd} && sha256sum {{image}} {{device}}", CACHED_DIGEST),
        "dd, cmp": Peer(f"{dd} && {compare}", CACHED),
        "dd, dd iflag=direct, cmp": Peer(
            f"{dd} && dd if={{device}} bs=4M iflag=direct status=none | cmp {{image}} -", DIRECT),
        "dd buffered, cmp": Peer(
            f"dd if={{image}} of={{device}} bs=4M conv=fsync status=none && {compare}", CACHED),
        "dd, no check": Peer(dd, NOTHING),
        "bmaptool --nobmap, cmp": Peer(
            f"bmaptool --quiet copy --nobmap {{image}} {{device}} && {compare}", CACHED, "bmaptool", "bmap-tools"),
        "bmaptool with a map, cmp": Peer(
            f"bmaptool --quiet copy --bmap {{image}}.map {{image}} {{device}} && {compare}", CACHED_DIGEST,
            "bmaptool", "bmap-tools"),
        "ddrescue --odirect, cmp": Peer(
            f"ddrescue --quiet --force --odirect {{image}} {{device}} && {compare}", CACHED, "ddrescue", "gddrescue"),
        "rpi-imager-cli": Peer("rpi-imager --cli --quiet --enable-writing-system-drives {image} {device}",
                               CACHED_DIGEST, "rpi-imager", "rpi-imager, not in Debian 12"),
        "qemu-img convert, compare": Peer(
            "qemu-img convert -n -t none -f raw -O raw {image} {device} && "
            "qemu-img compare -q -f raw -F raw {image} {device}", CACHED, "qemu-img", "qemu-utils"),
        "pv, cmp": Peer(f"pv --quiet {{image}} >{{device}} && sync {{device}} && {compare}", CACHED, "pv", "pv"),
        "cp, cmp": Peer(f"cp {{image}} {{device}} && sync {{device}} && {compare}", CACHED),
        "nbdcopy --flush, cmp": Peer(
            f"nbdcopy --flush {{image}} {{device}} && {compare}", CACHED, "nbdcopy", "libnbd-bin"),
        "ddpt, cmp": Peer(f"ddpt if={{image}} of={{device}} bs=512 bpt=8192 oflag=direct verbose=-1 2>&1 && {compare}",
                          CACHED, "ddpt", "ddpt"),
        "mbuffer, cmp": Peer(f"mbuffer -q -f -s 4M -m 32M -i {{image}} -o {{device}} && sync {{device}} && {compare}",
                             CACHED, "mbuffer", "mbuffer"),
        "partclone.dd, cmp": Peer(
            f"partclone.dd -q -s {{image}} -o {{device}} -L /dev/null 2>&1 && sync {{device}} && {compare}", CACHED,
            "partclone.dd", "partclone"),
        "dcfldd, SHA-256 and vf": Peer(
            "dcfldd if={image} of={device} bs=4M hash=sha256 statusinterval=65536 2>&1 && sync {device} && "
            "dcfldd if={image} vf={device} bs=4M statusinterval=65536 2>&1", CACHED_DIGEST, "dcfldd", "dcfldd"),
        "dc3dd, SHA-256 of both": Peer("dc3dd if={image} hof={device} hash=sha256 2>&1", CACHED_DIGEST, "dc3dd",
                                       "dc3dd"),
    }


def split(peers: dict[str, Peer]) -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that can run here, and why the others cannot."""
    present = {name: peer for name, peer in peers.items() if shutil.which(peer.program)}
    missing = {name: f"{peer.program} is not installed (package {peer.package})"
               for name, peer in peers.items() if name not in present}
    return present, missing | UNAVAILABLE
