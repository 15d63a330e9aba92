"""Check the machine: Python, packages, GPU, disk."""

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from pipeline.core import environment
from pipeline.core import git as checkout
from pipeline.core.packages import installed_version
from tools.checks import Verdict, first_few

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.MULTILINE)
SPACE = 5e9  # bytes: an environment, or a training's checkpoints and models, with room to spare
USE_GPUS = """
import tensorflow as tf
for gpu in tf.config.list_logical_devices("GPU"):
    with tf.device(gpu.name):
        print(float(tf.reduce_sum(tf.ones((8, 8)) @ tf.ones((8, 8)))))
"""
INSTALL = "delete .venv/ready, then run `make .venv/ready` to install again"


def python(root: Path) -> Verdict:
    """Check that the project supports this Python."""
    version = platform.python_version()
    wanted = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    if version in SpecifierSet(wanted, prereleases=True):
        return Verdict(version)
    return Verdict(f"{version}, expected {wanted}", "install one and name it: make PYTHON=/path/to/python")


def packages(root: Path) -> Verdict:
    """Check that each package has the version in the lock that the environment was installed from."""
    ready = root / ".venv/ready"
    lock = ready.read_text().split()[0] if ready.exists() else "requirements.lock"
    pins = PIN.findall((root / lock).read_text(encoding="utf-8"))
    pinned = {name: version for name, version, marker in pins if not marker or Marker(marker.strip()).evaluate()}
    installed = {name: installed_version(name) or "nothing" for name in pinned}
    wrong = [f"{name} {installed[name]} instead of {pin}" for name, pin in pinned.items() if installed[name] != pin]
    if wrong:
        return Verdict(f"not as in {lock}: {first_few(wrong)}", INSTALL)
    return Verdict(f"{len(pinned)} as in {lock}")


def gpu(root: Path) -> Verdict:
    """Check that TensorFlow can compute on the GPUs that the driver lists; without any, it is not started."""
    tool = shutil.which("nvidia-smi")
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False).stdout if tool else ""
    present = len(re.findall(r"^GPU ", listed, re.MULTILINE))
    if not present:
        return Verdict("none, trainings use the CPU")
    done = subprocess.run([sys.executable, "-c", USE_GPUS], capture_output=True, text=True, check=False)
    usable = done.stdout.split().count("512.0")
    if usable == present:
        return Verdict(f"{present}, TensorFlow can use them")
    return Verdict(f"nvidia-smi lists {present}, TensorFlow can use {usable}", f"{INSTALL} with requirements-gpu.lock")


def site_cache(root: Path) -> Verdict:
    """Check that the folder that DVC unpickles from is closed to other users; importing this project made it so."""
    folder = Path(os.environ[environment.SITE_CACHE])
    if not folder.is_dir():
        return Verdict(f"{folder}: missing", "make the project's folder writable")
    mode, owner = stat.S_IMODE(folder.stat().st_mode), folder.stat().st_uid
    if mode & 0o077 or owner not in (os.getuid(), root.stat().st_uid):
        return Verdict(f"{folder}: others can enter it (mode {mode:o}, owner {owner})", "delete it")
    return Verdict("closed to others")


def git(root: Path) -> Verdict:
    """Check that git answers, since results name the commit that they come from."""
    state = checkout.state(root)
    if problem := state.get("git_problem"):
        return Verdict(str(problem), "until then, results do not say of which commit they are")
    return Verdict(f"commit {str(state['git_commit'])[:10]}, code {'committed' if state['git_clean'] else 'changed'}")


def disk(root: Path, needed: float = SPACE) -> Verdict:
    """Check that `needed` bytes are free."""
    free = shutil.disk_usage(root).free
    remedy = "" if free >= needed else f"{needed / 1e9:.0f} GB are needed; `make prune` lists what can be deleted"
    return Verdict(f"{free / 1e9:.1f} GB free", remedy)
