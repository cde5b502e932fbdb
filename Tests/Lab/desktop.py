"""What a desktop has and the guest has not: a system bus, polkit and UDisks2, unpacked into a running guest."""

import glob
import os
import tarfile

import initramfs
import packages
import unpack

# Programs by their places, the same in the guest; plug-ins are loaded by name, so nothing else shows that they are needed.
PROGRAMS = ("usr/bin/dbus-daemon", "usr/bin/dbus-send", "usr/bin/pkttyagent", "usr/libexec/polkitd",
            "usr/lib/polkit-1/polkitd", "usr/libexec/udisks2/udisksd")
PLUGINS = ("usr/lib/x86_64-linux-gnu/libbd_*.so.*",)
DATA = ("usr/share/dbus-1/system.conf", "usr/share/dbus-1/system.d/*", "etc/dbus-1/system.d/*",
        "usr/share/polkit-1/actions/org.freedesktop.*", "usr/share/polkit-1/rules.d/*",
        "usr/lib/udev/rules.d/80-udisks2.rules", "etc/udisks2/*")

USERS = b"""root:x:0:0:root:/root:/bin/bash
messagebus:x:101:101::/nonexistent:/usr/sbin/nologin
polkitd:x:102:102::/nonexistent:/usr/sbin/nologin
person:x:1000:1000::/tmp:/bin/bash
"""
GROUPS = b"root:x:0:\ndisk:x:6:\nmessagebus:x:101:\npolkitd:x:102:\nperson:x:1000:\n"

# The guest has no session that could be active: a rule says of this person what a desktop's would, and that no
# password is asked for. Disks of the system have an action of their own, which is not permitted.
RULE = b"""polkit.addRule(function(action, subject) {
    var permitted = ["org.freedesktop.udisks2.open-device", "org.freedesktop.udisks2.rescan"];
    if (permitted.indexOf(action.id) >= 0 && subject.user == "person")
        return polkit.Result.YES;
});
"""


def _sources(root, pattern):
    """Files of a pattern, those of the unpacked packages before those of the host; path in the guest -> path here."""
    found = {}
    for base in (root, ""):
        for path in sorted(glob.glob(f"{base}/{pattern}")):
            if os.path.isfile(path):
                found.setdefault(path[len(base) + 1:], path)
    return found


def archive(cache):
    """A tar of everything, made once for each set of packages; its path."""
    root = unpack.unpack(unpack.guest_packages(packages.DESKTOP), cache, f"{cache}/desktop")
    path = f"{cache}/desktop-{initramfs.fingerprint(root)}.tar"
    if os.path.exists(path):
        return path
    files = {}
    for pattern in PROGRAMS + PLUGINS:
        for name, source in _sources(root, pattern).items():
            files[name] = source
            for soname, library in initramfs.libraries(source, root).items():
                files.setdefault(f"usr/lib/x86_64-linux-gnu/{soname}", library)
    for pattern in DATA:
        files.update(_sources(root, pattern))
    with tarfile.open(path + ".new", "w", dereference=True) as tar:
        for name, source in sorted(files.items()):
            # Loaders are the guest's own.
            if not os.path.basename(name).startswith("ld-linux"):
                tar.add(source, name)
    os.rename(path + ".new", path)
    return path


def start(machine, cache):
    """Unpacks it into a guest and starts it; afterwards `person` is somebody without any right."""
    os.link(archive(cache), f"{machine.share}/desktop.tar")
    for name, data in (("passwd", USERS), ("group", GROUPS), ("rule", RULE)):
        with open(f"{machine.share}/{name}", "wb") as file:
            file.write(data)
    machine.must("""
        tar -x -f /share/desktop.tar -C /
        cp /share/passwd /etc/passwd
        cp /share/group /etc/group
        mkdir -p /run/dbus /run/udisks2 /run/var/lib/udisks2 /etc/polkit-1/rules.d /etc/polkit-1/localauthority
        ln -sfn /run /run/var/run
        udevadm control --reload
        udevadm trigger --subsystem-match=block --action=change
        udevadm settle
        dbus-daemon --system --fork --nopidfile
        polkitd=/usr/libexec/polkitd
        [ -x $polkitd ] || polkitd=/usr/lib/polkit-1/polkitd
        setsid $polkitd --no-debug >/tmp/polkitd.log 2>&1 &
        setsid /usr/libexec/udisks2/udisksd >/tmp/udisksd.log 2>&1 &
        await 60 dbus-send --system --print-reply --dest=org.freedesktop.PolicyKit1 \\
            /org/freedesktop/PolicyKit1/Authority org.freedesktop.DBus.Peer.Ping
        await 60 dbus-send --system --print-reply --dest=org.freedesktop.UDisks2 \\
            /org/freedesktop/UDisks2/Manager org.freedesktop.DBus.Peer.Ping
    """, timeout=240)


def permit(machine, allowed):
    """Has polkit permit `person` to open removable disks, or not; polkitd sees a changed rule by itself."""
    rule = "/etc/polkit-1/rules.d/10-person.rules"
    machine.must(f"cp /share/rule {rule}" if allowed else f"rm -f {rule}")
