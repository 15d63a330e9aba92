"""`make sync` gives every result its run, whatever happened to MLflow or to the results."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.core.files import sha256
from pipeline.core.paths import ROOT
from tests.support.mirrored import OTHER, RUN, client, digests, ids, of_result, runs, sync
from tests.support.workspace import RUNS, Workspace

pytestmark = pytest.mark.slow


def test_complete_runs_are_linked_and_the_view_is_added(finished: Workspace) -> None:
    sync(finished)  # the figures, which no stage logs
    before = [run.info.run_id for run in runs(finished)]
    status = finished.run("dvc", "status").stdout
    assert sync(finished) == dict.fromkeys(RUNS, "linked")
    assert [run.info.run_id for run in runs(finished)] == before
    assert finished.run("dvc", "status").stdout == status
    assert "up to date" in status
    check_view(finished)


def check_view(finished: Workspace) -> None:
    """The saved view shows metrics and images that the runs have."""
    tags = client(finished).get_experiment_by_name("mnist").tags
    view = json.loads(json.loads(tags["mlflow.sharedViewState.study"])["state"])
    metrics = [chart["metricKey"] for chart in view["compareRunCharts"] if "metricKey" in chart]
    assert metrics[:3] == ["val_accuracy", "val_error_percent", "val_loss"]
    assert set(metrics) <= {metric for name in RUNS for metric in of_result(finished, name).data.metrics}
    pictures = [(chart["imageKeys"], chart["step"]) for chart in view["compareRunCharts"] if "imageKeys" in chart]
    layers = ["conv1", "conv2", "conv3", "conv4", "conv5", "dense1", "dense2", "dense3", "output"]
    keys = [f"weights_{layer}" for layer in layers]
    assert pictures == [(keys, 2), *(([key], 2) for key in keys)]
    logged = digests(client(finished), f"runs:/{of_result(finished, 'vgg-batchnorm').info.run_id}/images")
    assert {f"images/{key}+step+2.png" for key in keys} <= set(logged)


def test_changed_and_new_files_are_uploaded_once(copied: Workspace) -> None:
    sync(copied)
    folder = copied.results(RUN)
    (folder / "loss.png").write_bytes(b"drawn anew")
    (folder / "extra.csv").write_text("a\n1\n")
    environment = json.loads((folder / "environment.json").read_text())
    (folder / "environment.json").write_text(json.dumps(environment | {"host": "elsewhere"}))
    assert sync(copied) == {RUN: "linked (caught up)", OTHER: "linked"}
    logged = digests(client(copied), f"runs:/{of_result(copied).info.run_id}/")
    for name in ("figures/loss.png", "results/extra.csv", "results/environment.json", "results/metrics.json"):
        assert logged[name] == sha256(folder / Path(name).name)
    assert sync(copied) == dict.fromkeys(RUNS, "linked")


def test_a_database_without_digests_of_content_catches_up_once(copied: Workspace) -> None:
    sync(copied)
    for run in runs(copied):
        client(copied).delete_tag(run.info.run_id, "content_sha256")
    before = ids(copied)
    assert sync(copied) == dict.fromkeys(RUNS, "linked (caught up)")
    assert sync(copied) == dict.fromkeys(RUNS, "linked")
    assert ids(copied) == before


def test_a_clone_without_models_says_so(copied: Workspace) -> None:
    delete_all_but_the_write_ahead_log(copied.root / "mlflow.db")
    for name in RUNS:
        (copied.results(name) / "model.keras").unlink()
    assert sync(copied) == dict.fromkeys(RUNS, "rebuilt without model")


def delete_all_but_the_write_ahead_log(path: Path) -> None:
    """Delete the database as a person does, while its last changes are still in another file."""
    log = Path(f"{path}-wal")
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE left_over (value)")
        content = log.read_bytes()
    path.unlink()
    log.write_bytes(content)


def test_a_moved_repository_finds_its_artifacts_and_damaged_results_are_named(
    copied: Workspace, finished: Workspace
) -> None:
    sync(copied)
    assert sync(copied) == dict.fromkeys(RUNS, "linked")
    run = of_result(copied)
    assert str(copied.root) in run.info.artifact_uri
    assert str(finished.root) not in client(copied).get_logged_model(run.outputs.model_outputs[0].model_id).model_uri
    assert str(finished.root) in of_result(finished).info.artifact_uri
    (copied.results(RUNS[0]) / "weights.csv").unlink()
    done = copied.run("python", "-m", "tools.sync", check=False)
    first, second = done.stdout.splitlines()
    assert first.split(maxsplit=1)[1].startswith("damaged (")
    assert second.split() == [RUNS[1], "linked"]
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert f"results/runs/{RUNS[0]}: damaged" in done.stderr


def test_a_deleted_run_stays_deleted_unless_asked(copied: Workspace) -> None:
    run = of_result(copied)
    client(copied).delete_run(run.info.run_id)
    assert sync(copied)[RUN] == "deleted in MLflow (`make sync RESTORE=1` brings it back)"
    assert run.info.run_id not in [found.info.run_id for found in runs(copied)]
    assert sync(copied, "--restore")[RUN] == "restored"
    assert of_result(copied).info.run_id == run.info.run_id


def test_a_server_that_is_away_leaves_results_pending(finished: Workspace) -> None:
    said = sync(finished, MLFLOW_TRACKING_URI="http://somebody:secret@127.0.0.1:9")
    assert all(line.startswith("pending") for line in said.values())
    assert "secret" not in str(said)


def test_three_processes_may_start_on_no_database(tmp_path: Path) -> None:
    script = "import os, sys; from pipeline.tracking import store; os.environ['DVC_ROOT'] = sys.argv[1]"
    command = [sys.executable, "-c", f"{script}; print(store.connect()[1])", str(tmp_path)]
    workspace = Workspace(ROOT)
    started = [
        subprocess.Popen(command, cwd=workspace.root, env=workspace.environment({}), stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["1", "1", "1"]
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_temporary_experiment_logs_into_the_database_that_people_see(copied: Workspace) -> None:
    baseline = copied.commit()
    before = len(runs(copied))
    copied.run("dvc", "exp", "run", "--temp", "--name", "seven", "-S", f"+runs.{RUN}.seed=77", f"evaluate@{RUN}")
    added = runs(copied, filter_string="tags.experiment = 'seven'")
    assert len(runs(copied)) == before + 1
    assert [run.data.tags["git_commit"] for run in added] == [baseline]
    assert added[0].data.metrics["test_errors"] >= 0
