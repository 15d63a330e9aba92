"""A study trains with the real stages in its own clone, continues where it stopped, and saves no weights."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from pipeline.config import params
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_csv
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

RUN = "lenet-dropout"
LENET = params.load_params().run(RUN).model.model_dump()


def test_a_study_is_trained_and_saved(copied: Workspace) -> None:
    (copied.root / "study/tiny/runs").mkdir(parents=True)
    (copied.root / "study/tiny/runs/.DS_Store").touch()  # which is no run
    short = LENET | {"epochs": 1, "training_images": 64, "seed": 7}
    _plan(copied, runs={"short": short, RUN: LENET})
    copied.commit("Plan a study")
    printed = copied.run("python", "-m", "tools.study", "tiny").stdout
    assert printed.splitlines()[-3:] == ["short: done", f"{RUN}: done", "Written: study/tiny/README.md"]
    kept = copied.root / "study/tiny"
    assert {path.name: path.read_bytes() for path in (kept / "runs" / RUN).iterdir()} == {
        name: content
        for name, content in copied.contents(RUN, equal=False).items()
        if not name.endswith((".keras", ".npy", ".png"))
    }  # of equal inputs, so nothing was trained again
    page = (kept / "README.md").read_text()
    assert f"| {RUN} " in page and "| 2 of 2 " in page and "99.24" not in page and "| short " in page
    assert "short" in (kept / "report.md").read_text()
    changed = copied.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    assert all("study/tiny/" in line and "work/" not in line for line in changed.splitlines())
    assert copied.run("dvc", "status").stdout == "Data and pipelines are up to date.\n"
    again = copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout
    assert again.splitlines()[-3:] == printed.splitlines()[-3:]
    assert (kept / "README.md").read_text() == page
    shutil.rmtree(kept / "work")  # as in a fresh clone, a shallow one, whose own first clone was cut short
    (copied.root / ".git/shallow").write_text(copied.run("git", "rev-parse", "HEAD").stdout)
    copied.run("git", "init", "-q", str(kept / "work"))
    elsewhere = copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout
    assert elsewhere.splitlines()[-3:] == printed.splitlines()[-3:]
    assert (kept / "README.md").read_text() == page and f"{RUN} " in (kept / "report.md").read_text()
    copied.run("python", "-m", "tools.study", "tiny", RUN)
    here = kept / "work/results/runs"
    assert (here / RUN / "model.keras").is_file()
    assert [(here / "short" / name).exists() for name in ("run.json", "model.keras")] == [True, False]
    clean = (kept / "runs/short/environment.json").read_text()
    assert '"git_clean": true' in clean
    assert copied.run("git", "rev-parse", "HEAD").stdout.strip() in clean
    with (copied.root / "pipeline/figures/style.py").open("a") as stream:
        stream.write("# changed\n")  # draw is out of date, training and evaluation are not
    redrawn = copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout
    assert redrawn.splitlines()[-3:] == printed.splitlines()[-3:]
    assert (kept / "runs" / RUN / "per_class.csv").is_file()
    assert not list(kept.glob("runs/*/*.png"))
    _plan(copied, runs={"short": short, RUN: LENET | {"epochs": 7}})
    changed = copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout
    assert changed.splitlines()[-3:-1] == ["short: done", f"{RUN}: not started"]
    assert [path.name for path in (kept / "runs").glob("*/")] == ["short"]


def test_a_study_that_was_stopped_says_how_far_it_is(copied: Workspace) -> None:
    _plan(copied, runs={"slow": {**LENET, "epochs": 500}})
    started = copied.start("python", "-m", "tools.study", "tiny", forking=True)
    work = copied.root / "study/tiny/work"
    while not list(work.glob(".checkpoints/slow-*/run/history.csv")):
        assert started.poll() is None, started.communicate()[0]
        time.sleep(0.2)
    second = copied.run("python", "-m", "tools.study", "tiny", check=False)
    assert (second.returncode, "another process works on it" in second.stderr) == (1, True)
    os.killpg(started.pid, signal.SIGINT)
    printed = started.communicate()[0]
    assert started.returncode == 130, printed
    assert "`make study NAME=tiny` continues from here" in printed
    assert copied.run("python", "-m", "tools.study", "tiny", "--minutes", "0").stdout.startswith("slow: unfinished\n")
    done = len(read_csv(copied.root / "study/tiny/unfinished/slow/history.csv"))
    assert f"| {done} of 500 " in (copied.root / "study/tiny/README.md").read_text()
    hasty = copied.start("python", "-m", "tools.study", "tiny", "--minutes", "0.3")  # time for a step or none
    assert "slow: unfinished\n" in hasty.communicate()[0]
    assert len(read_csv(copied.root / "study/tiny/unfinished/slow/history.csv")) >= done


def _plan(workspace: Workspace, **values: object) -> None:
    """Write study/tiny/params.yaml."""
    folder = workspace.root / "study/tiny"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "params.yaml").open("w") as stream:
        json.dump({"protocol": "fast", **values}, stream)  # which is YAML without aliases


def test_git_ignores_the_clones_and_dvc_does_not_look_into_them() -> None:
    command = ["git", "check-ignore", "study/any/work/model.keras"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert "/study/*/work" in (ROOT / ".dvcignore").read_text().splitlines()
