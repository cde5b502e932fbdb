"""Writes what a URL names, from a server that is good, bad, or somebody else by now."""

import contextlib
import os
import shutil
import subprocess

import initramfs
from bench import MIB, check, check_status, scenario
from writing import check_engraved, check_head_zero

SERVER = os.path.join(initramfs.HERE, "../Fixtures/file-server")
# The program finds it when it fetches something; the guest has it for this scenario alone.
LIBRARY = "libcurl.so.4"


@contextlib.contextmanager
def served(image):
    """A server for the image, by its URL in the guest."""
    with subprocess.Popen([SERVER, image.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield f"http://10.0.2.2:{int(server.stdout.readline())}"
        server.stdin.close()


def give_library(bench):
    """Puts libcurl and what it needs into the guest."""
    folder = os.path.join(bench.images, "curl")
    os.makedirs(folder, exist_ok=True)
    source = next(path for path in (f"/usr/lib/x86_64-linux-gnu/{LIBRARY}", f"/lib/x86_64-linux-gnu/{LIBRARY}")
                  if os.path.exists(path))
    for name, path in {LIBRARY: source, **initramfs.libraries(source)}.items():
        if not name.startswith("ld-linux"):
            shutil.copyfile(path, os.path.join(folder, name))
    bench.machine.must("cp -n /images/curl/* /usr/lib/x86_64-linux-gnu/")


@scenario("R44", "R34", "R40", "R47")
def write_from_servers(bench):
    """Lost and gone on with, changed on the way, cut off, sent on for ever: the image, or nothing that boots."""
    # The other one is longer than what is kept of it to be looked at, so that it can change while it is written.
    machine, image, long = bench.machine, bench.image(), bench.image(34)
    give_library(bench)
    with served(image) as url, served(long) as other_url, machine.network(), machine.stick() as stick:

        def fetch(place, status, identifier=""):
            stick.dress()
            result = machine.burin("write", place, stick.id(), "--yes", "--no-undo", "--digest", "none", "--json")
            check_status(result, status, place)
            check(identifier in result.text, f"{place}: not {identifier}:\n{result.text}")
            return result

        result = fetch(f"{url}/drop/{7 * MIB}", 0)
        check_engraved(stick.medium, image)
        source = result.events[-1]["image"]["source"]
        check(source["resumed"] == 1, f"it was not gone on with: {source}")
        fetch(f"{other_url}/changes-at/{33 * MIB}", 3, "fetch-changed")
        check_head_zero(stick.medium, "changed on the way")
        for path, status, identifier in (("sends-more", 3, "image-truncated"), ("loop", 3, "fetch-refused"),
                                         ("status/404", 7, "fetch-refused")):
            fetch(f"{url}/{path}", status, identifier)
            check(stick.medium.written == 0, f"{path}: something was written")
