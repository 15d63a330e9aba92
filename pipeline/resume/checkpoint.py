"""Checkpoints: complete or absent, verified before use; the last two are kept."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core import files
from pipeline.core.errors import PipelineError, reason
from pipeline.formats.tables import read_json, write_arrays, write_json

NUM_KEPT = 2
DAMAGED_PREFIX = "damaged-"


def save_checkpoint(
    folder: Path, identity: dict[str, Any], progress: dict[str, Any], arrays: Sequence[np.ndarray]
) -> None:
    """Add a checkpoint to `folder` and delete all but the last two; a killed process leaves none incomplete.

    Args:
        folder: The training's checkpoint folder.
        identity: What a training must have in common with this one to continue from it; JSON values.
        progress: How far the training is; JSON values.
        arrays: Every number that the next step depends on.
    """
    _delete_incomplete(folder)
    former = _checkpoints(folder)
    target = folder / f"{_last_number(folder) + 1:06d}"
    temporary = Path(tempfile.mkdtemp(dir=folder, prefix=".tmp-"))
    files.write_text(temporary / "state.json", json.dumps({"identity": identity, "progress": progress}))
    write_arrays(temporary / "arrays.npz", **{f"{i:04d}": array for i, array in enumerate(arrays)})
    write_json(temporary / "manifest.json", {path.name: files.sha256(path) for path in sorted(temporary.iterdir())})
    os.rename(temporary, target)
    files.sync_folder(folder)
    for old in [*former, target][:-NUM_KEPT]:
        shutil.rmtree(old)


def load_checkpoint(folder: Path, identity: dict[str, Any]) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """Progress and arrays of the newest intact checkpoint, None if there is none.

    A damaged one is skipped with a warning. One with another `identity`, such as another precision or number of
    threads, raises PipelineError.
    """
    found = _checkpoints(folder)
    for path in reversed(found):
        problem = _damage(path)
        if problem:
            aside = path.rename(path.with_name(f"{DAMAGED_PREFIX}{path.name}"))  # no longer counts among those kept
            print(f"warning: checkpoint {aside} is damaged ({problem}); trying the one before", file=sys.stderr)
            continue
        state = read_json(path / "state.json")
        _require_same_identity(path, state["identity"], identity)
        with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
            return state["progress"], [arrays[name] for name in sorted(arrays.files)]
    if found:
        print("warning: no checkpoint is usable; starting over", file=sys.stderr)
    return None


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.isdigit())


def _last_number(folder: Path) -> int:
    """The highest number of any checkpoint, damaged ones included; 0 if there is none."""
    names = [path.name.removeprefix(DAMAGED_PREFIX) for path in folder.iterdir()]
    return max((int(name) for name in names if name.isdigit()), default=0)


def _delete_incomplete(folder: Path) -> None:
    for left in folder.glob(".tmp-*"):
        shutil.rmtree(left)


def _damage(path: Path) -> str | None:
    """What is wrong with a checkpoint's files; None if nothing is."""
    try:
        manifest = read_json(path / "manifest.json")
        for name in ("state.json", "arrays.npz"):
            if files.sha256(path / name) != manifest[name]:
                return f"{name} has another SHA-256 than the manifest says"
    except Exception as error:  # of any type, for a malformed manifest
        return reason(error)
    return None


def _require_same_identity(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if found.get(name) != value:
            raise PipelineError(
                f"checkpoint {path}: {name} is {found.get(name)!r}, this training has {value!r};"
                f" continue as it was begun, or remove {path.parent} to start over"
            )
