"""Disks that are full or read-only for one command only."""

import shutil
import subprocess

from tests.faults.table import Impossible


def mounted(kind: str, folder: str, *command: str) -> tuple[str, ...]:
    """The command with `folder` as a file system of its own, which other processes do not see."""
    script = f'mount {kind} && shift && exec "$@"'
    return ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", folder, *command)


def need_mounts() -> None:
    """Impossible where a file system of one's own cannot be had."""
    if not shutil.which("unshare"):
        raise Impossible("no unshare command")
    tried = subprocess.run(mounted("-t tmpfs none $1", "/mnt", "true"), capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Impossible(f"no file systems of one's own: {tried.stderr.strip()}")


def limited(kilobytes: int, *command: str) -> tuple[str, ...]:
    """The command, unable to make a file larger than that: the portable way to a disk that is full."""
    return ("bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash", *command)
