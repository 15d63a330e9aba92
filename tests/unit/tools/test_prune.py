"""What `make prune` lists and deletes, in small repositories."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest

from pipeline.core.errors import PipelineError
from pipeline.training import fingerprint
from tools import prune

PARAMS = SimpleNamespace(runs={"lenet-plain": None})
STAGES = """
stages:
  train:
    cmd: echo ran >>ran.log; cp params.yaml history; cat params.yaml dvc.yaml >model
    params: [a]
    outs: [model]
    metrics: [history: {cache: false}]
"""


def call(root: Path, *command: str) -> None:
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    call(root, "git", "add", "-A")
    call(root, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "x")


def test_results_of_runs_that_are_not_in_params(tmp_path):
    call(tmp_path, "git", "init", "-q")
    for run in ("lenet-plain", "kept-by-git", "partly-kept", "not-kept"):
        folder = tmp_path / "results/runs" / run
        folder.mkdir(parents=True)
        (folder / "history.csv").write_text("x" * 100)
        if run == "partly-kept":
            commit(tmp_path)
            (folder / "metrics.json").write_text("y" * 10)
    found = list(prune.old_results(tmp_path, PARAMS))
    assert [(item.what, item.size()) for item in found] == [
        ("results/runs/kept-by-git: not in params.yaml (git has it)", 100),
        ("results/runs/not-kept: not in params.yaml (NOT IN GIT, it would be lost for good)", 100),
        ("results/runs/partly-kept: not in params.yaml (NOT IN GIT, it would be lost for good)", 110),
    ]
    found[0].delete()
    assert sorted(path.name for path in (tmp_path / "results/runs").iterdir()) == [
        "lenet-plain",
        "not-kept",
        "partly-kept",
    ]


def test_uncommitted_results_leave_the_cache_and_committed_ones_stay_restorable(tmp_path):
    def repro(value: int) -> str:
        (tmp_path / "params.yaml").write_text(f"a: {value}\n")
        call(tmp_path, sys.executable, "-m", "dvc", "repro")
        return (tmp_path / "ran.log").read_text()

    call(tmp_path, "git", "init", "-q")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(f"[core]\nanalytics = false\nsite_cache_dir = {tmp_path}/site\n")
    (tmp_path / ".gitignore").write_text("/.dvc/cache\n/.dvc/tmp\n/ran.log\n/site\n")
    (tmp_path / "dvc.yaml").write_text(STAGES)
    assert repro(1) == "ran\n"
    commit(tmp_path)
    assert repro(22) == "ran\nran\n"
    commit(tmp_path)
    assert repro(333) == "ran\nran\nran\n"
    assert repro(22) == "ran\nran\nran\n"
    [found] = prune.cache_objects(tmp_path)
    assert found.what == ".dvc/cache: 2 objects of uncommitted results"
    model = max(found.paths, key=lambda path: path.stat().st_size)
    clone = tmp_path / "study/any/work"
    clone.mkdir(parents=True)
    out = f"{{path: model, md5: {model.parent.name}{model.name}}}"
    (clone / "dvc.lock").write_text(f"stages: {{train: {{cmd: x, outs: [{out}]}}}}\n")
    assert list(prune.cache_objects(tmp_path)) == []  # the small output is kept, too
    shutil.rmtree(clone)
    found.delete()
    assert list(prune.cache_objects(tmp_path)) == []
    assert repro(1) == "ran\nran\nran\n"
    assert repro(333) == "ran\nran\nran\nran\n"


def test_checkpoints_whose_inputs_have_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "stage_fingerprint", {"train@lenet-plain": "a" * 64}.__getitem__)
    names = [f"lenet-plain-{'a' * 16}", f"lenet-plain-{'b' * 16}", f"vgg-old-{'c' * 16}", f"vgg-busy-{'d' * 16}"]
    for name in names:
        (tmp_path / ".checkpoints" / name).mkdir(parents=True)
    with filelock.FileLock(tmp_path / ".checkpoints" / f"{names[3]}.lock"):
        found = list(prune.checkpoints(tmp_path, PARAMS))
    assert [item.paths[0].name for item in found] == names[1:3]


@pytest.mark.parametrize("place", [".", "study/any/work"])
def test_nothing_is_pruned_while_a_stage_runs(tmp_path, place):
    (tmp_path / place / ".dvc/tmp").mkdir(parents=True)
    holder = {"pid": os.getpid(), "cmd": "dvc repro"}
    (tmp_path / place / ".dvc/tmp/rwlock").write_text(json.dumps({"model": {"write": holder}}))
    with pytest.raises(PipelineError, match=rf"^process {os.getpid()} \(dvc repro\) is running; wait until it ends$"):
        list(prune.find(tmp_path, PARAMS))


@pytest.mark.parametrize("content", ["{", "5", '{"a": 3}', '{"a": {"write": {"pid": "x"}}}', "\0"])
def test_a_damaged_lock_of_dvc_is_named_and_nothing_is_deleted(tmp_path, content):
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / ".dvc/tmp/rwlock").write_text(content)
    with pytest.raises(PipelineError, match=r"/\.dvc/tmp/rwlock: damaged \(.*\); delete it, if DVC is not running$"):
        list(prune.find(tmp_path, PARAMS))


@pytest.mark.parametrize(("yes", "left"), [(False, True), (True, False)])
def test_without_a_terminal_only_yes_deletes(tmp_path, monkeypatch, capsys, yes, left):
    file = tmp_path / "old"
    file.write_bytes(bytes(1_500_000))
    monkeypatch.setattr(prune, "load_params", lambda: PARAMS)
    monkeypatch.setattr(prune, "find", lambda root, params: [prune.Unused("old: not used", [file])])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    prune.main(argparse.Namespace(yes=yes))
    assert file.exists() is left
    assert capsys.readouterr().out.splitlines()[1] == "       1.5 MB  old: not used"
