"""Checkpoints of a training: whole or not at all, verified before use, the last two kept."""

import dataclasses
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import files
from pipeline.errors import PipelineError
from pipeline.progress import Progress

KEPT = 2
ASIDE = "damaged-"


def save(folder: Path, identity: dict[str, Any], progress: Progress, arrays: Sequence[np.ndarray]) -> None:
    """Add a checkpoint to `folder` and drop all but the last two; a killed process leaves none half-written."""
    _sweep(folder)
    kept = _kept(folder)
    target = folder / f"{_last(folder) + 1:06d}"
    temporary = Path(tempfile.mkdtemp(dir=folder, prefix=".tmp-"))
    state = {"identity": identity, "progress": dataclasses.asdict(progress)}
    files.write_text(temporary / "state.json", json.dumps(state))
    files.write_arrays(temporary / "arrays.npz", **{f"{i:04d}": array for i, array in enumerate(arrays)})
    files.write_json(
        temporary / "manifest.json", {path.name: files.sha256(path) for path in sorted(temporary.iterdir())}
    )
    os.rename(temporary, target)
    files.sync_folder(folder)
    for old in [*kept, target][:-KEPT]:
        shutil.rmtree(old)


def load(folder: Path, identity: dict[str, Any]) -> tuple[Progress, list[np.ndarray]] | None:
    """The newest undamaged checkpoint, None if there is none.

    A damaged one is skipped with a warning; one of another `identity`, such as other inputs, precision or
    threads, is a PipelineError.
    """
    kept = _kept(folder)
    for path in reversed(kept):
        complaint = _damage(path)
        if complaint:
            aside = path.rename(path.with_name(f"{ASIDE}{path.name}"))  # no longer one of the two that are kept
            print(f"warning: checkpoint {aside} is damaged ({complaint}); trying the one before", file=sys.stderr)
            continue
        state = files.read_json(path / "state.json")
        _refuse_other(path, state["identity"], identity)
        with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
            return Progress(**state["progress"]), [arrays[name] for name in sorted(arrays.files)]
    if kept:
        print("warning: no checkpoint is usable; starting over", file=sys.stderr)
    return None


def _kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.isdigit())


def _last(folder: Path) -> int:
    """The highest number that a checkpoint has or had before it was set aside, 0 if there is none."""
    names = [path.name.removeprefix(ASIDE) for path in folder.iterdir()]
    return max((int(name) for name in names if name.isdigit()), default=0)


def _sweep(folder: Path) -> None:
    for left in folder.glob(".tmp-*"):
        shutil.rmtree(left)


def _damage(path: Path) -> str | None:
    """What is wrong with a checkpoint's files, None if nothing is."""
    try:
        manifest = files.read_json(path / "manifest.json")
        for name in ("state.json", "arrays.npz"):
            if files.sha256(path / name) != manifest[name]:
                return f"{name} has another SHA-256 than the manifest says"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _refuse_other(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if found.get(name) != value:
            raise PipelineError(
                f"checkpoint {path}: {name} is {found.get(name)!r}, this training has {value!r};"
                f" continue as it was begun, or remove {path.parent} to start over"
            )
