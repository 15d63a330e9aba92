"""The pipeline with a team's server and bucket: nothing is lost, and nothing is trained twice."""

import hashlib
import json
import subprocess
import time
from pathlib import Path

import mlflow
import pytest

from pipeline.core import files
from pipeline.formats.tables import read_csv, read_json
from tests.support.workspace import RUNS
from tests.team.conftest import NAME, PASSWORD, Member, Team, s3
from tests.team.parts import SECRETS

RUN = "lenet-dropout"
WAIT = 600  # seconds, at most, for a training's first epoch


@pytest.fixture
def client(team: Team, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    for name, value in team.settings().items():
        monkeypatch.setenv(name, value)
    return mlflow.MlflowClient(team.server.uri)


def tracked(client: mlflow.MlflowClient, member: Member, name: str) -> mlflow.entities.Run:
    """The one run of a result."""
    training = read_json(member.results(name) / "environment.json")["training_id"]
    experiment = client.get_experiment_by_name("mnist").experiment_id
    (run,) = client.search_runs([experiment], f"tags.training_id = '{training}'")
    return run


def check_rows(client: mlflow.MlflowClient, member: Member, name: str) -> None:
    """Every number of history.csv is there, once, and nothing else."""
    run, history = tracked(client, member, name), read_csv(member.results(name) / "history.csv")
    for key in history[0].keys() - {"epoch"}:
        rows = [(row.step, row.value) for row in client.get_metric_history(run.info.run_id, key)]
        assert sorted(rows) == [(int(row["epoch"]), float(row[key])) for row in history], key
    assert run.info.status == "FINISHED"


def sync(member: Member) -> dict[str, str]:
    lines = member.run("python", "-m", "tools.sync").stdout.splitlines()
    return {name: said.strip() for name, _, said in (line.partition("  ") for line in lines) if name in RUNS}


def test_runs_curves_and_artifacts_are_the_teams(client: mlflow.MlflowClient, member: Member, team: Team) -> None:
    assert sync(member) == dict.fromkeys(RUNS, "linked")
    assert not (member.root / "mlflow.db").exists()
    bucket = s3(team.bucket.uri, "mlflow:server", SECRETS["MLFLOW_BUCKET_SECRET"])
    pages = bucket.get_paginator("list_objects_v2").paginate(Bucket="mlflow")
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    for name in RUNS:
        check_rows(client, member, name)
        run = tracked(client, member, name)
        assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
        assert any(key.endswith(f"/{run.info.run_id}/artifacts/figures/loss.png") for key in keys)
        models = [client.get_logged_model(output.model_id) for output in run.outputs.model_outputs]
        (model,) = [model.model_id for model in models if str(model.status) == "READY"]  # not one that was cut short
        (key,) = [key for key in keys if key.endswith(f"/{model}/artifacts/data/model.keras")]
        stored = bucket.get_object(Bucket="mlflow", Key=key)["Body"].read()
        assert hashlib.sha256(stored).hexdigest() == files.sha256(member.results(name) / "model.keras")


def test_the_champion_is_the_teams(client: mlflow.MlflowClient, member: Member, tmp_path: Path) -> None:
    own = member.copy(tmp_path / "own")
    own.run("python", "-m", "tools.promote", "--threshold", "0", RUN)
    version = client.get_model_version_by_alias("mnist", "champion")
    assert version.run_id == tracked(client, member, RUN).info.run_id
    assert mlflow.keras.load_model("models:/mnist@champion").name == "lenet"


def test_a_second_clone_trains_nothing(member: Member, tmp_path: Path) -> None:
    member.run("dvc", "push")
    subprocess.run(["git", "clone", "-q", member.root, tmp_path / "second"], check=True)
    second = Member(tmp_path / "second", member.settings)
    second.run("dvc", "config", "--local", "core.site_cache_dir", str(tmp_path / "site-cache"))
    assert not (second.results(RUN) / "model.keras").exists()
    second.run("dvc", "pull")
    printed = second.run("dvc", "repro").stdout
    assert "Running stage" not in printed
    assert "up to date" in printed
    for name in RUNS:
        assert second.contents(name, equal=False) == member.contents(name, equal=False)
    assert sync(second) == dict.fromkeys(RUNS, "linked")


@pytest.mark.parametrize("part", ["server", "postgres"])
def test_a_restart_in_mid_run_loses_nothing(
    client: mlflow.MlflowClient, member: Member, team: Team, part: str, tmp_path: Path
) -> None:
    address = team.server.uri.replace("//", f"//{NAME}:{PASSWORD}@")
    own = Member(member.copy(tmp_path / "own").root, {"MLFLOW_TRACKING_URI": address})
    own.edit(lambda values: values["runs"][RUN].update(seed=len(part), epochs=8))
    training = own.start("python", "-m", "pipeline.train", RUN)
    until = time.monotonic() + WAIT
    while not list(own.root.glob(f".checkpoints/{RUN}-*/000001")):
        assert time.monotonic() < until
        time.sleep(0.05)
    getattr(team, part).stop()
    assert not list(own.root.glob(f".checkpoints/{RUN}-*/000008")), "the training was over before the outage"
    getattr(team, part).start()
    printed, _ = training.communicate()
    assert training.returncode == 0, printed
    evaluated = own.run("python", "-m", "pipeline.evaluate", RUN)
    said = own.run("python", "-m", "tools.sync").stdout
    assert "linked" in said and "pending" not in said
    check_rows(client, own, RUN)
    assert PASSWORD not in printed + evaluated.stdout + evaluated.stderr + said
    assert PASSWORD not in json.dumps(tracked(client, own, RUN).to_dictionary())
    assert subprocess.run(["grep", "-rlF", PASSWORD, own.root], capture_output=True, check=False).stdout == b""
