"""Runs a witness; one that fails, crashes or hangs has simply nothing to say."""

import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
               "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"}


def ask(*command, seconds: int = 10) -> str:
    """Standard output, whatever the exit status."""
    try:
        done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, timeout=seconds, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def ask_all(*command, seconds: int = 10) -> str:
    """Both outputs: some witnesses put half of their words on standard error."""
    return ask("sh", "-c", '"$@" 2>&1', "sh", *command, seconds=seconds)
