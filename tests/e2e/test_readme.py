"""What the README tells people to do works, and its results are those of the last run."""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT
from tests.support.workspace import RUNS, Workspace

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_results_are_those_of_the_report(tmp_path: Path) -> None:
    """Of the commit, since runs that were trained here took other times."""
    subprocess.run(["git", "archive", "--output", tmp_path / "head.tar", "HEAD"], cwd=ROOT, check=True)
    shutil.unpack_archive(tmp_path / "head.tar", tmp_path, filter="data")
    command = [sys.executable, "-m", "tools.readme", "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_is_short() -> None:
    assert len(README.encode()) <= 8 * 1024, "move details to a page in docs/"


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) > 4
    assert [target for target in targets if not target.startswith("http") and not (ROOT / target).exists()] == []


def test_every_make_verb_it_names_exists() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", README)) | set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
    assert named >= {"repro", "test", "ui"}
    assert named <= verbs


@pytest.mark.slow
def test_a_run_added_to_params_is_the_only_one_to_train(finished: Workspace) -> None:
    line = re.search(r"`(lenet-seed1): (\{.*?\})`", README)
    before = {name: (finished.root / name).read_text() for name in ("params.yaml", "dvc.lock")}
    (finished.root / "params.yaml").write_text(f"{before['params.yaml'].rstrip()}\n  {line[1]}: {line[2]}\n")
    try:
        printed = finished.run("dvc", "repro", f"draw@{line[1]}", *(f"draw@{run}" for run in RUNS)).stdout
    finally:
        for name, text in before.items():
            (finished.root / name).write_text(text)
        shutil.rmtree(finished.results(line[1]))
    assert re.findall(r"Running stage '(.*)'", printed) == [
        "train@lenet-seed1",
        "evaluate@lenet-seed1",
        "draw@lenet-seed1",
    ]


@pytest.mark.slow
def test_a_network_of_ones_own(untrained: Workspace) -> None:
    lenet = (untrained.root / "models/lenet.py").read_text()
    (untrained.root / "models/mine.py").write_text(lenet.replace("Conv(256, 3)", "Conv(8, 3)"))
    registry = untrained.root / "models/registry.py"
    content = registry.read_text().replace("import custom, lenet, vgg", "import custom, lenet, mine, vgg")
    registry.write_text(content.replace("ARCHITECTURES = {", 'ARCHITECTURES = {"mine": mine.LAYERS, '))

    def add(values: dict) -> None:
        for protocol in values["protocols"].values():
            protocol["mine"] = {}
            protocol["test_images"]["mine"] = 100
        values["runs"] = {
            "mine-plain": {"architecture": "mine", "pooling": True, "dropout": False, "batch_norm": False}
        }

    untrained.edit(add)
    untrained.run("dvc", "repro")
    assert "mine-plain" in (untrained.root / "results/report.md").read_text()


@pytest.mark.slow
def test_data_of_ones_own(fresh: Workspace) -> None:
    """The same digits upside down, compressed, in a folder of another name."""
    folder = fresh.root / "mine"
    folder.mkdir()

    def use(values: dict) -> None:
        values["fetch"]["sources"] = ["mine"]
        for name, entry in values["fetch"]["files"].items():
            content = (fresh.root / "tests/data" / name).read_bytes()
            if "images" in name:
                content = content[:16] + content[:15:-1]
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            entry["sha256"] = hashlib.sha256(content).hexdigest()

    before = (fresh.root / "data/processed/card.json").read_bytes()
    fresh.edit(use)
    fresh.run("dvc", "repro", "preprocess")
    assert (fresh.root / "data/processed/card.json").read_bytes() != before
