"""What DVC's own commands show of the results."""

import json

import pytest

from tests.support.workspace import RUNS, Workspace

CURVES = "results/curves.csv"


def plots(workspace: Workspace, *command: str) -> dict[str, list[dict]]:
    """The plots that `dvc plots` gives, by file, and no warning beside them."""
    done = workspace.run("dvc", "plots", *command, "--json")
    assert "WARNING" not in done.stderr, done.stderr
    return json.loads(done.stdout)["data"]


def test_plots_overlay_the_losses_of_all_runs_and_count_the_mistakes(finished: Workspace) -> None:
    shown = plots(finished, "show")
    (overlay,) = shown[CURVES]
    lines = overlay["content"]
    assert [(row["run"], row["epoch"]) for row in lines["data"]["values"]] == [(run, n) for run in RUNS for n in "12"]
    assert (lines["encoding"]["y"]["field"], lines["encoding"]["color"]["field"]) == ("val_loss", "run")
    for run in RUNS:
        (matrix,) = shown[f"results/runs/{run}/predictions.csv"]
        assert len(matrix["content"]["data"]["values"]) == 100
        assert matrix["content"]["title"]["text"] == f"{run}: confusion matrix"


@pytest.mark.slow
def test_plots_of_two_experiments_are_told_apart(copied: Workspace) -> None:
    copied.commit()
    curves = copied.root / CURVES
    text = curves.read_text()
    curves.unlink()  # it may be a link into DVC's cache
    for name in ("one", "two"):
        text += text.splitlines()[-1] + "\n"
        curves.write_text(text)
        copied.run("dvc", "exp", "save", "-n", name)
    (overlay,) = plots(copied, "diff", "one", "two")[CURVES]
    assert {row["rev"] for row in overlay["content"]["data"]["values"]} == {"one", "two"}


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
