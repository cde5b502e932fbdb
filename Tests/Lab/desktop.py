"""What a desktop has and the guest has not: a system bus, polkit and UDisks2, unpacked into a running guest."""

import glob
import os
import subprocess
import tarfile

import initramfs
import packages
import unpack

# Programs by their places, the same in the guest; plug-ins are loaded by name, so nothing else shows that they are needed.
PROGRAMS = ("usr/bin/dbus-daemon", "usr/bin/dbus-send", "usr/bin/pkttyagent", "usr/libexec/polkitd",
            "usr/lib/polkit-1/polkitd", "usr/lib/polkit-1/polkit-agent-helper-1", "usr/libexec/polkit-agent-helper-1",
            "usr/libexec/udisks2/udisksd", "usr/bin/udisksctl")
PLUGINS = ("usr/lib/x86_64-linux-gnu/libbd_*.so.*", "usr/lib/x86_64-linux-gnu/security/pam_unix.so")
DATA = ("usr/share/dbus-1/system.conf", "usr/share/dbus-1/system.d/*", "etc/dbus-1/system.d/*",
        "usr/share/polkit-1/actions/org.freedesktop.*", "usr/share/polkit-1/rules.d/*",
        "usr/lib/udev/rules.d/80-udisks2.rules", "etc/udisks2/*")

USERS = b"""root:x:0:0:root:/root:/bin/bash
messagebus:x:101:101::/nonexistent:/usr/sbin/nologin
polkitd:x:102:102::/nonexistent:/usr/sbin/nologin
person:x:1000:1000::/tmp:/bin/bash
"""
GROUPS = b"root:x:0:\ndisk:x:6:\nmessagebus:x:101:\npolkitd:x:102:\nperson:x:1000:\n"

# Who is asked for a password is root, and how: by the password alone.
ADMINISTRATOR = b"""polkit.addAdminRule(function(action, subject) { return ["unix-user:root"]; });
"""
PAM = b"auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_unix.so\n"
PASSWORD = "correct horse"

# The guest has no session that could be active: a rule says of this person what a desktop's would, and that no
# password is asked for. Disks of the system have an action of their own, which is not permitted.
RULE = b"""polkit.addRule(function(action, subject) {
    var permitted = ["org.freedesktop.udisks2.open-device", "org.freedesktop.udisks2.rescan",
                     "org.freedesktop.udisks2.filesystem-mount"];
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
    password = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout
    shadow = f"root:{password.strip()}:19000:0:99999:7:::\n".encode()
    for name, data in (("passwd", USERS), ("group", GROUPS), ("shadow", shadow), ("pam", PAM), ("rule", RULE),
                       ("administrator", ADMINISTRATOR)):
        with open(f"{machine.share}/{name}", "wb") as file:
            file.write(data)
    machine.must("""
        tar -x -p -f /share/desktop.tar -C /
        cp /share/passwd /share/group /share/shadow /etc/
        chmod 600 /etc/shadow
        mkdir -p /etc/pam.d
        cp /share/pam /etc/pam.d/polkit-1
        mkdir -p /run/dbus /run/udisks2 /run/var/lib/udisks2 /etc/polkit-1/rules.d /etc/polkit-1/localauthority
        cp /share/administrator /etc/polkit-1/rules.d/00-administrator.rules
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
    machine.must("""await 30 dbus-send --system --print-reply --dest=org.freedesktop.PolicyKit1 \\
        /org/freedesktop/PolicyKit1/Authority org.freedesktop.DBus.Peer.Ping""")
