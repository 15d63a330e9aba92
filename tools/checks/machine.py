"""The machine: Python, packages, GPU, disk."""

import platform
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from tools.checks.verdict import Verdict, some

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.MULTILINE)
SPACE = 5e9  # bytes: an environment, or a training's checkpoints and models, with room to spare
USE_GPUS = """
import tensorflow as tf
for gpu in tf.config.list_logical_devices("GPU"):
    with tf.device(gpu.name):
        print(float(tf.reduce_sum(tf.ones((8, 8)) @ tf.ones((8, 8)))))
"""
INSTALL = "delete .venv/ready, then run `make test`: it installs anew"


def python(root: Path) -> Verdict:
    """Whether this Python is one that the project supports."""
    version = platform.python_version()
    wanted = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    if version in SpecifierSet(wanted, prereleases=True):
        return Verdict(version)
    return Verdict(f"{version}, expected {wanted}", "install one and name it: make PYTHON=/path/to/python")


def packages(root: Path) -> Verdict:
    """Whether each package has the version that the lock pins."""
    lock = _lock(root)
    pins = PIN.findall((root / lock).read_text(encoding="utf-8"))
    pinned = {name: version for name, version, marker in pins if not marker or Marker(marker.strip()).evaluate()}
    wrong = [f"{name} {_installed(name)} instead of {pin}" for name, pin in pinned.items() if _installed(name) != pin]
    if wrong:
        return Verdict(f"not as in {lock}: {some(wrong)}", INSTALL)
    return Verdict(f"{len(pinned)} as in {lock}")


def gpu(root: Path) -> Verdict:
    """Whether TensorFlow can compute on the GPUs that the driver sees; it is not asked where there are none."""
    tool = shutil.which("nvidia-smi")
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False).stdout if tool else ""
    present = len(re.findall(r"^GPU ", listed, re.MULTILINE))
    if not present:
        return Verdict("none here, trainings use the processor")
    asked = subprocess.run([sys.executable, "-c", USE_GPUS], capture_output=True, text=True, check=False)
    usable = asked.stdout.split().count("512.0")
    if usable == present:
        return Verdict(f"{present}, TensorFlow can use them")
    remedy = f"{INSTALL}, with requirements-gpu.lock"
    return Verdict(f"nvidia-smi shows {present}, TensorFlow can use {usable}", remedy)


def disk(root: Path, needed: float = SPACE) -> Verdict:
    """Whether there are `needed` bytes free."""
    free = shutil.disk_usage(root).free
    found = f"{free / 1e9:.1f} GB free"
    return Verdict(found, "" if free >= needed else f"free some, {needed / 1e9:.0f} GB are wanted; `make prune` helps")


def _lock(root: Path) -> str:
    """The lock that the environment was installed from."""
    ready = root / ".venv/ready"
    return ready.read_text().split()[0] if ready.exists() else "requirements.lock"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
