"""`make promote` writes the champion's two files, and MLflow's aliases follow them."""

import json
import shutil
from pathlib import Path

import mlflow
import pytest

from pipeline.core.files import sha256
from tests.support.champion import client, promote, promoted
from tests.support.mirrored import digests, runs
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

FIRST, SECOND = "vgg-batchnorm", "lenet-dropout"


@pytest.fixture
def copy(finished: Workspace, tmp_path: Path) -> Workspace:
    return finished.copy(tmp_path / "copy")


def aliases(workspace: Workspace) -> dict[str, str]:
    """The name of the run that each alias points at."""
    mine = client(workspace)
    found = mine.get_registered_model("mnist").aliases
    versions = {alias: mine.get_model_version("mnist", str(version)) for alias, version in found.items()}
    return {alias: mine.get_run(version.run_id).info.run_name for alias, version in versions.items()}


def registered_model(workspace: Workspace) -> str:
    """The SHA-256 of the model that MLflow has as champion."""
    mine = client(workspace)
    version = mine.get_model_version_by_alias("mnist", "champion")
    location = mine.get_logged_model(version.source.removeprefix("models:/")).artifact_location
    return digests(mine, location)["artifacts/data/model.keras"]


def files(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (workspace.root / "champion").iterdir()}


def claim_accuracy(workspace: Workspace, run: str, value: float) -> None:
    """Replace the validation accuracy in a run's files."""
    folder = workspace.results(run)
    metrics = json.loads((folder / "metrics.json").read_text())
    rows = (folder / "history.csv").read_text()
    (folder / "metrics.json").write_text(json.dumps(metrics | {"val_accuracy": value}))
    (folder / "history.csv").write_text(rows.replace(repr(metrics["val_accuracy"]), repr(value)))


def test_promote_twice_refuse_override_and_apply_to_an_empty_database(copy: Workspace) -> None:
    claim_accuracy(copy, FIRST, 0.9)
    claim_accuracy(copy, SECOND, 0.2)
    with promoted(copy) as printed:
        assert f"{FIRST}: validation accuracy 0.9000 on 40 images\n" in printed
        assert f"mnist@champion: {FIRST}: version 1\n" in printed
        assert aliases(copy) == {"champion": FIRST}
        before = files(copy)
        assert before["model.keras"] == (copy.results(FIRST) / "model.keras").read_bytes()
        check_same_model(copy, before)
        check_refused(copy, before)
        check_override(copy, before)
        check_noise(copy)
        check_lost_database(copy)


def check_same_model(copy: Workspace, before: dict[str, bytes]) -> None:
    claim_accuracy(copy, FIRST, 0.85)
    printed = promote(copy, threshold=0.99)
    assert f"{FIRST}: its model is the champion already; nothing changes\n" in printed
    assert f"mnist@champion: {FIRST}: version 1, as before\n" in printed
    assert files(copy) == before


def check_refused(copy: Workspace, before: dict[str, bytes]) -> None:
    """Automatically chosen, 0.3 is worse than 0.9 beyond the noise of 40 images."""
    claim_accuracy(copy, FIRST, 0.1)
    claim_accuracy(copy, SECOND, 0.3)
    for options, said in (((), f"below the champion's ({FIRST}, 0.9000) by more"), ((SECOND,), "0.3000 is below 0.31")):
        least = "0.31" if options else "0"
        refused = copy.run("python", "-m", "tools.promote", "--threshold", least, *options, check=False)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert f"{SECOND}: validation accuracy 0.3000 is below" in refused.stderr
        assert said in refused.stderr
    assert (files(copy), aliases(copy)) == (before, {"champion": FIRST})


def check_override(copy: Workspace, before: dict[str, bytes]) -> None:
    printed = promote(copy, SECOND)
    assert "promoted all the same, because RUN names it\n" in printed
    assert f"mnist@champion: {SECOND}: version 2\nmnist@previous: {FIRST}: version 1\n" in printed
    assert aliases(copy) == {"champion": SECOND, "previous": FIRST}
    now = json.loads(files(copy)["champion.json"])
    assert (now["champion"]["run"], now["previous"]) == (SECOND, json.loads(before["champion.json"])["champion"])


def check_noise(copy: Workspace) -> None:
    """Automatically chosen, 0.25 is not worse than 0.3 beyond the noise; the former champion becomes the previous.

    It is the sturdier of two runs that differ by less than the noise.
    """
    claim_accuracy(copy, SECOND, 0.27)
    claim_accuracy(copy, FIRST, 0.25)
    for run, stress in ((FIRST, 0.6), (SECOND, 0.5)):
        (copy.results(run) / "validation_stress.json").write_text(f'{{"mean_accuracy": {stress}}}')
    assert f"mnist@champion: {FIRST}: version 1\nmnist@previous: {SECOND}: version 2\n" in promote(copy)


def check_lost_database(copy: Workspace) -> None:
    for lost in copy.root.glob("mlflow.db*"):
        lost.unlink()
    shutil.rmtree(copy.root / "mlartifacts")
    synced = copy.run("python", "-m", "tools.sync").stdout
    assert f"champion       {FIRST}: version 1\nprevious       {SECOND}: version 2\n" in synced
    assert aliases(copy) == {"champion": FIRST, "previous": SECOND}
    again = copy.run("python", "-m", "tools.sync").stdout
    assert f"{FIRST}: version 1, as before\n" in again
    assert f"{SECOND}: version 2, as before\n" in again


def test_a_model_in_mlflow_that_is_not_the_file_is_not_registered(copy: Workspace) -> None:
    logged = list(copy.root.glob("mlartifacts/models/*/artifacts/data/model.keras"))
    assert len(logged) >= 2
    for path in logged:
        path.write_bytes(b"another model")
    claim_accuracy(copy, FIRST, 0.25)
    assert f"mnist@champion: {FIRST}: version 1\n" in promote(copy, FIRST)
    assert registered_model(copy) == sha256(copy.results(FIRST) / "model.keras")
    assert "version 1, as before" in promote(copy, FIRST)


def test_without_mlflow_the_champion_is_promoted_and_registered_later(copy: Workspace) -> None:
    away = {"MLFLOW_TRACKING_URI": "http://me:secret@127.0.0.1:9"}
    printed = promote(copy, SECOND, **away)
    assert "not registered in MLflow, run `make sync` later (" in printed
    assert "secret" not in printed + copy.run("python", "-m", "tools.sync", **away).stdout
    assert files(copy)["model.keras"] == (copy.results(SECOND) / "model.keras").read_bytes()
    assert f"{SECOND}: version 1\n" in copy.run("python", "-m", "tools.sync").stdout
    assert registered_model(copy) == sha256(copy.results(SECOND) / "model.keras")


def test_a_clone_without_results_registers_the_champion_once(copy: Workspace) -> None:
    promote(copy, SECOND)
    for path in (*copy.root.glob("mlflow.db*"), copy.root / "mlartifacts", copy.root / "results/runs"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for ending in ("", ", as before"):
        assert f"{SECOND}: version 1{ending}\n" in copy.run("python", "-m", "tools.sync").stdout
        (run,) = runs(copy)
        assert (run.info.run_name, run.info.status, run.data.tags["champion_only"]) == (SECOND, "FINISHED", "True")
    assert registered_model(copy) == sha256(copy.root / "champion/model.keras")
    mlflow.set_tracking_uri(f"sqlite:///{copy.root}/mlflow.db")
    assert mlflow.keras.load_model("models:/mnist@champion").name == "lenet"
    (copy.root / "champion/model.keras").write_bytes(b"another model")
    (damaged,) = copy.root.glob("mlartifacts/models/*/artifacts/data/model.keras")
    damaged.unlink()
    done = copy.run("python", "-m", "tools.sync", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("error: champion/model.keras: its SHA-256 is ")
