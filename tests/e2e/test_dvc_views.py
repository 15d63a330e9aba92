"""What DVC's own commands show of the results."""

import json
import re
import shutil

import pytest

from tests.support import study
from tests.support.workspace import RUNS, Workspace
from tools import experiments

OVERLAYS = ("validation error", "validation loss", "training loss")
LONG = "lenet-a-longer-name"


def plots(workspace: Workspace, *command: str) -> dict[str, list[dict]]:
    """The plots that `dvc plots` gives, by file, and no warning beside them."""
    done = workspace.run("dvc", "plots", *command, "--json")
    assert "WARNING" not in done.stderr, done.stderr
    return json.loads(done.stdout)["data"]


def test_plots_overlay_all_runs_in_a_card_a_metric_and_count_the_mistakes(finished: Workspace) -> None:
    shown = plots(finished, "show")
    first = list(shown)[: len(OVERLAYS)]
    assert first == [f"all runs: {name}" for name in OVERLAYS]
    for name in first:
        (overlay,) = shown[name]
        lines = overlay["content"]
        points = [(row["run"], row["epoch"]) for row in lines["data"]["values"]]
        assert points == [(run, n) for run in RUNS for n in "12"]
        assert lines["encoding"]["color"]["field"] == "run"
    for run in RUNS:
        (matrix,) = shown[f"results/runs/{run}/predictions.csv"]
        assert len(matrix["content"]["data"]["values"]) == 100
        assert matrix["content"]["title"]["text"] == f"{run}: confusion matrix"


@pytest.mark.slow
def test_plots_of_two_experiments_are_told_apart(copied: Workspace) -> None:
    copied.commit()
    curves = copied.root / "results/curves.csv"
    text = curves.read_text()
    curves.unlink()  # it may be a link into DVC's cache
    for name in ("one", "two"):
        text += text.splitlines()[-1] + "\n"
        curves.write_text(text)
        copied.run("dvc", "exp", "save", "-n", name)
    (overlay,) = plots(copied, "diff", "one", "two")["all runs: validation loss"]
    assert {row["rev"] for row in overlay["content"]["data"]["values"]} == {"one", "two"}


def test_experiments_are_rows_below_their_runs_in_the_width_of_a_terminal(fresh: Workspace) -> None:
    fresh.edit(lambda values: values.update(runs=values["runs"] | {LONG: dict(values["runs"][RUNS[0]])}))
    for name in (*RUNS, LONG):
        study.write_run(fresh.root / "results/runs", name, flags=(True, True, False))
    start = fresh.commit()
    shutil.rmtree(fresh.results(RUNS[0]))
    study.write_run(
        fresh.root / "results/runs", RUNS[0], errors=7, flags=(False, True, False), seed=3, learning_rate=0.1
    )
    end = fresh.commit()
    fresh.run("git", "reset", "-q", "--hard", start)
    fresh.run("git", "update-ref", f"refs/exps/{start[:2]}/{start[2:]}/tidal-oxen", end)
    assert fresh.run("dvc", "exp", "list", "--name-only").stdout.split() == ["tidal-oxen"]
    head, *rows = fresh.run("python", "-m", "tools.experiments").stdout.splitlines()
    assert re.split("  +", head) == list(experiments.TITLES)
    assert [row.split("  ")[0] for row in rows] == [RUNS[0], "└ tidal-oxen", RUNS[1], LONG]
    assert "7/10,000" in rows[1] and "100/10,000" in rows[0]
    assert "pooling=False" in rows[1]
    assert max(map(len, (head, *rows))) == 120


def test_metrics_are_a_row_a_run_in_the_width_of_a_terminal(finished: Workspace) -> None:
    head, *rows = finished.run("dvc", "metrics", "show").stdout.splitlines()
    assert head.split() == [
        "Path",
        "stress",
        "test_accuracy",
        "test_errors",
        "test_loss",
        "val_accuracy",
        "val_loss",
    ]
    assert [row.split()[0] for row in rows] == [f"results/runs/{run}/metrics.json" for run in RUNS]
    assert max(map(len, (head, *rows))) <= 120
