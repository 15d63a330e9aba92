"""What stops a promotion, and that MLflow's aliases follow `champion.json`."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.tracking import champion
from tests.support.champion import client, promote, promoted
from tests.support.workspace import Workspace
from tools.promote import check_accuracy

FIRST, SECOND = "vgg-batchnorm", "lenet-dropout"


def promotion(run="lenet-plain", val_accuracy=0.98, images=5000, data="d"):
    return champion.Promotion(
        run=run,
        training_id="1" * 32,
        input_key="a" * 64,
        data_digest=data * 64,
        validation_images=images,
        val_accuracy=val_accuracy,
        parameters=700,
        model_sha256="b" * 64,
        promoted="2026-01-01T00:00:00+00:00",
    )


def test_the_threshold() -> None:
    check_accuracy(promotion(val_accuracy=0.98), None, 0.98)
    with pytest.raises(PipelineError, match="lenet-plain: validation accuracy 0.9799 is below 0.98"):
        check_accuracy(promotion(val_accuracy=0.9799), None, 0.98)


def test_not_below_the_champion_on_the_same_images() -> None:
    worse = promotion(val_accuracy=0.98)
    check_accuracy(worse, promotion("vgg-plain", 0.98), 0)
    check_accuracy(worse, promotion("vgg-plain", 0.99, images=1000), 0)
    check_accuracy(worse, promotion("vgg-plain", 0.99, data="e"), 0)
    with pytest.raises(PipelineError, match=r"below the champion's \(vgg-plain, 0.9900\); the champion stays"):
        check_accuracy(worse, promotion("vgg-plain", 0.99), 0)


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "champion.json"
    assert champion.load_champion_file(path) is None
    champion.save_champion_file(champion.Champion(champion=promotion(), previous=None), path)
    assert champion.load_champion_file(path).champion == promotion()
    content = json.loads(path.read_text())
    content["champion"]["val_accuracy"] = 98
    path.write_text(json.dumps(content))
    with pytest.raises(PipelineError, match="champion.json: champion.val_accuracy: .*less than or equal to 1"):
        champion.load_champion_file(path)
    path.write_text("<<<<<<< HEAD")
    with pytest.raises(PipelineError, match="champion.json: the file: Invalid JSON.*restore it with `git checkout`"):
        champion.load_champion_file(path)


def aliases(workspace: Workspace) -> dict[str, str]:
    """The run that each alias stands for."""
    mine = client(workspace)
    found = mine.get_registered_model("mnist").aliases
    versions = {alias: mine.get_model_version("mnist", str(version)) for alias, version in found.items()}
    return {alias: mine.get_run(version.run_id).info.run_name for alias, version in versions.items()}


def accuracy(workspace: Workspace, run: str, value: float) -> None:
    """Claim another validation accuracy than the one measured."""
    folder = workspace.results(run)
    metrics = json.loads((folder / "metrics.json").read_text())
    rows = (folder / "history.csv").read_text()
    (folder / "metrics.json").write_text(json.dumps(metrics | {"val_accuracy": value}))
    (folder / "history.csv").write_text(rows.replace(repr(metrics["val_accuracy"]), repr(value)))


def test_promoting_twice_and_replaying_into_an_empty_database(finished: Workspace, tmp_path: Path) -> None:
    copy = finished.copy(tmp_path / "copy")
    accuracy(copy, FIRST, 0.25)
    accuracy(copy, SECOND, 0.2)
    with promoted(copy) as printed:
        written = copy.root / "champion.json"
        assert f"{FIRST}: validation accuracy 0.2500 on 40 images\n" in printed
        assert f"mnist@champion: {FIRST}: version 1\n" in printed
        assert aliases(copy) == {"champion": FIRST}

        before = written.read_bytes()
        assert "version 1, as before" in promote(copy, threshold=0.9)
        assert written.read_bytes() == before

        refused = copy.run("python", "-m", "tools.promote", "--threshold", "0", SECOND, check=False)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert f"below the champion's ({FIRST}, 0.2500)" in refused.stderr
        assert (written.read_bytes(), aliases(copy)) == (before, {"champion": FIRST})

        accuracy(copy, SECOND, 0.25)
        assert f"mnist@champion: {SECOND}: version 2\nmnist@previous: {FIRST}: version 1\n" in promote(copy, SECOND)
        assert aliases(copy) == {"champion": SECOND, "previous": FIRST}
        now = json.loads(written.read_text())
        assert (now["champion"]["run"], now["previous"]) == (SECOND, json.loads(before)["champion"])

        for lost in copy.root.glob("mlflow.db*"):
            lost.unlink()
        shutil.rmtree(copy.root / "mlartifacts")
        synced = copy.run("python", "-m", "tools.sync").stdout
        assert f"  {SECOND}: version 1\n" in synced
        assert f"  {FIRST}: version 2\n" in synced
        assert aliases(copy) == {"champion": SECOND, "previous": FIRST}
        again = {"previous": f"{FIRST}: version 2, as before", "champion": f"{SECOND}: version 1, as before"}
        assert replay(copy) == again


def replay(workspace: Workspace) -> dict[str, str]:
    code = "import json; from pipeline.tracking import champion, registry; "
    code += "print(json.dumps(registry.replay(champion.load())))"
    return json.loads(workspace.run("python", "-c", code).stdout)


def test_a_model_in_mlflow_that_is_not_the_file_is_refused(finished: Workspace, tmp_path: Path) -> None:
    copy = finished.copy(tmp_path / "copy")
    other = copy.results(SECOND) / "model.keras"
    logged = list(copy.root.glob("mlartifacts/models/*/artifacts/data/model.keras"))
    assert len(logged) >= 2
    for path in logged:
        shutil.copyfile(other, path)
    accuracy(copy, FIRST, 0.25)
    refused = copy.run("python", "-m", "tools.promote", "--threshold", "0", FIRST, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"MLflow has no model with the bytes of results/runs/{FIRST}/model.keras" in refused.stderr
    assert not (copy.root / "champion.json").exists()
