"""Any damage to any kind of file, request or record is an error of one line, and never a stack trace.

A run's result files are damaged in tests/unit/formats, model files in tests/unit/runtime, answers of servers in
tests/unit/raw and tests/unit/tracking, all in the same way.
"""

import gzip
import hashlib
import io
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from pipeline import fetch
from pipeline.config import params, schema
from pipeline.core.errors import PipelineError, describe, reason
from pipeline.core.paths import ROOT
from pipeline.dataset import splits
from pipeline.formats.histograms import read_histograms
from pipeline.formats.kernels import read_kernels
from pipeline.raw import idx, sources
from pipeline.resume import checkpoint
from pipeline.stress import score
from pipeline.tracking import champion
from tests.support.checkpoints import IDENTITY, save
from tests.support.mutations import ALL, QUICK, mutated_json, mutations
from tests.support.params_text import TEXT
from tools import picture_file, prune, serve
from tools.checks import tracked
from tools.study import plan

DIGITS = {kind: (ROOT / f"tests/data/t10k-{kind}-ubyte").read_bytes() for kind in ("images-idx3", "labels-idx1")}
STUDY = TEXT[TEXT.index("protocol:") :]
LOCK = {"stages": {"train@a": {"cmd": "x", "outs": [{"path": "a", "md5": "b" * 32, "size": 3}]}}}
HELD = {"/data": {"read": [{"pid": 999_999_999, "cmd": "dvc"}], "write": None}}
COUNTS = [QUICK, pytest.param(ALL, marks=[pytest.mark.slow, pytest.mark.fuzz])]


def mutated_yaml(content: bytes, rng: random.Random) -> bytes:
    """The YAML, written as JSON, with up to two values replaced, removed or moved."""
    return mutated_json(json.dumps(YAML(typ="safe", pure=True).load(content.decode())).encode(), rng)


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def picture(suffix: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.tile(np.arange(40, dtype=np.uint8), (30, 1))).save(stream, suffix)
    return stream.getvalue()


def read_study(path: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "load_params", lambda: None)
    patch.setattr(plan, "STUDIES", path.parents[1])
    plan.load(path.parent.name)


def read_gzip(path: Path, patch: pytest.MonkeyPatch) -> None:
    """As `fetch` reads it."""
    wanted = DIGITS["labels-idx1"]
    declared = schema.FileConfig(bytes=len(wanted), sha256=hashlib.sha256(wanted).hexdigest())
    try:
        fetch.verify(sources.open_source(str(path.parent), 1.0, path.parent)(path.stem, declared.bytes), declared)
    except sources.READ_ERRORS as error:
        raise PipelineError(sources.reason(error)) from None


def read_card(path: Path, patch: pytest.MonkeyPatch) -> None:
    path.with_name("train.npz").write_bytes(SPLIT)
    try:
        splits.load_split("train", path.parent)
    except RecursionError as error:  # of a card that is 1,000 lists deep; run_command makes one line of it
        raise PipelineError(reason(error)) from None


def read_split(path: Path, patch: pytest.MonkeyPatch) -> None:
    path.with_name("card.json").write_bytes(CARD)
    splits.load_split("train", path.parent)


def read_corrupted(path: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(score, "STRESS", path.parent)
    score.load_arrays(path.stem)


def read_checkpoint(path: Path, patch: pytest.MonkeyPatch) -> None:
    """The newest of two; nothing is wrong with the one before."""
    whole, copy = path.with_name("whole"), path.with_name("copy")
    if not whole.exists():
        whole.mkdir()
        save(whole, 1)
        save(whole, 2)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    path.replace(copy / "000002" / path.name)
    assert checkpoint.load_checkpoint(copy, IDENTITY)


def read_held(path: Path, patch: pytest.MonkeyPatch) -> None:
    (path.parent / ".dvc/tmp").mkdir(parents=True, exist_ok=True)
    path.replace(path.parent / ".dvc/tmp/rwlock")
    prune._require_idle(path.parent)


def read_training(path: Path, patch: pytest.MonkeyPatch) -> None:
    folder = path.parent / ".checkpoints/a-b"
    folder.mkdir(parents=True, exist_ok=True)
    path.replace(folder / path.name)
    tracked._unfinished_trainings(path.parent)


def outs(content: dict) -> list[str]:
    """As `make prune` reads a study's dvc.lock."""
    return [out["md5"] for stage in content["stages"].values() for out in stage.get("outs", [])]


SPLIT = npz(images=np.zeros((3, 28, 28, 1), np.uint8), labels=np.arange(3, dtype=np.uint8))
CARD = json.dumps({"splits": {"train": {"sha256": hashlib.sha256(SPLIT).hexdigest()}}}).encode()
HISTOGRAM = {"conv1": {"low": -1.0, "high": 1.0, "counts": [[1, 2, 3]], "below": [0], "above": [0]}}
Read = Callable[[Path, pytest.MonkeyPatch], object]
KINDS: dict[str, tuple[str, bytes, Callable | None, Read]] = {  # its name, its content, how values change, its reader
    "params": ("params.yaml", TEXT.encode(), mutated_yaml, lambda path, _: params.load_params(path)),
    "study": ("mine/params.yaml", STUDY.encode(), mutated_yaml, read_study),
    "images": ("images", DIGITS["images-idx3"], None, lambda path, _: idx.read_images(path)),
    "labels": ("labels", DIGITS["labels-idx1"], None, lambda path, _: idx.read_labels(path)),
    "gzip": ("labels.gz", gzip.compress(DIGITS["labels-idx1"]), None, read_gzip),
    "data card": ("card.json", CARD, mutated_json, read_card),
    "split": ("train.npz", SPLIT, None, read_split),
    "corrupted digits": ("test.npz", SPLIT, None, read_corrupted),
    "champion": (
        "champion.json",
        (ROOT / "champion/champion.json").read_bytes(),
        mutated_json,
        lambda path, _: champion.load_champion(path.parent),
    ),
    "kernels": (
        "model.keras",
        (ROOT / "champion/model.keras").read_bytes()[-200_000:],
        None,
        lambda path, _: read_kernels(path),
    ),
    "histograms": (
        "histograms.json",
        json.dumps(HISTOGRAM).encode(),
        mutated_json,
        lambda path, _: read_histograms(path),
    ),
    "checkpoint's state": ("state.json", b'{"identity": {}, "progress": {}}', mutated_json, read_checkpoint),
    "checkpoint's arrays": ("arrays.npz", SPLIT, None, read_checkpoint),
    "checkpoint's manifest": (
        "manifest.json",
        b'{"state.json": "a", "arrays.npz": "b"}',
        mutated_json,
        read_checkpoint,
    ),
    "unfinished training": ("training.json", b'{"training_id": "a"}', mutated_json, read_training),
    "lock of a study": ("dvc.lock", json.dumps(LOCK).encode(), mutated_json, lambda path, _: prune._load(path, outs)),
    "DVC's own lock": ("rwlock", json.dumps(HELD).encode(), mutated_json, read_held),
    "request": (
        "body",
        json.dumps({"inputs": np.zeros((1, 28, 28, 1), int).tolist()}).encode(),
        mutated_json,
        lambda path, _: serve.images(path.read_bytes()),
    ),
    **{
        f"picture, {suffix}": (
            f"digit.{suffix}",
            picture(suffix),
            None,
            lambda path, _: picture_file.read_picture(path, path.name),
        )
        for suffix in ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP")
    },
}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", KINDS)
def test_any_damage_is_an_error_of_one_line(
    kind: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    name, content, change, read = KINDS[kind]
    path, refused = tmp_path / name, 0
    path.parent.mkdir(exist_ok=True)
    for damaged in mutations(content, count, change):
        path.write_bytes(damaged)
        try:
            read(path, monkeypatch)
        except PipelineError as error:
            refused += 1
            assert describe(error).isprintable(), error
    assert all(line.isprintable() for line in capsys.readouterr().err.splitlines())
    assert refused or kind.startswith("checkpoint"), "nothing was noticed"
