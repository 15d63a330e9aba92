"""Which run becomes the champion, what stops it, and that MLflow's aliases follow `champion.json`."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.tracking import champion
from tests.champion import client, promote, promoted
from tests.workspace import Workspace
from tools.candidates import Candidate, best, eligible
from tools.promote import check_accuracy

FIRST, SECOND = "vgg-batchnorm", "lenet-dropout"


def record(data="validation", images=5000, digest="d", parameters=700):
    settings = {"validation_data": data, "validation_images": images}
    return {"settings": settings, "data_digest": digest, "parameters": parameters}


def candidate(run, val_accuracy=0.98, **options):
    return Candidate(run, record(**options), {"complete": True}, val_accuracy)


def write(folder, run, *, val_accuracy=0.98, last=0.98, complete=True, test_accuracy=0.9, **options):
    (folder / run).mkdir(parents=True)
    (folder / run / "run.json").write_text(json.dumps(record(**options)))
    (folder / run / "environment.json").write_text(json.dumps({"complete": complete}))
    metrics = {"val_accuracy": val_accuracy, "test_accuracy": test_accuracy}
    (folder / run / "metrics.json").write_text(json.dumps(metrics))
    (folder / run / "history.csv").write_text(f"epoch,val_accuracy\n1,0.5\n2,{last}\n")
    (folder / run / "model.keras").touch()


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


def test_the_best_by_validation_accuracy_whatever_the_test_says(tmp_path: Path) -> None:
    write(tmp_path, "a", val_accuracy=0.97, last=0.97, test_accuracy=0.999)
    write(tmp_path, "b", val_accuracy=0.98, last=0.98, test_accuracy=0.1)
    write(tmp_path, "c", val_accuracy=0.96, last=0.96)
    candidates, reasons = eligible(["a", "b", "c"], tmp_path)
    chosen, others = best(candidates)
    assert (chosen.run, chosen.val_accuracy, reasons, others) == ("b", 0.98, {}, {})


def test_of_equally_accurate_ones_the_smallest() -> None:
    found = [candidate("a", parameters=900), candidate("b", parameters=800), candidate("c", 0.97)]
    assert best(found)[0].run == "b"


def test_only_runs_validated_on_the_same_images_are_compared() -> None:
    found = [
        candidate("few", 0.999, images=1000),
        candidate("a", 0.98),
        candidate("b", 0.97),
        candidate("other", 0.999, digest="e"),
    ]
    chosen, reasons = best(found)
    assert chosen.run == "a"
    assert reasons == {
        "few": "was validated on 1,000 images, the compared runs on 5,000",
        "other": "was trained on other data",
    }


def test_who_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "good")
    write(tmp_path, "notebook", data="test")
    write(tmp_path, "half", complete=False)
    write(tmp_path, "stale", last=0.97)
    for run, name in (("bare", "model.keras"), ("new", "metrics.json")):
        write(tmp_path, run)
        (tmp_path / run / name).unlink()
    write(tmp_path, "torn")
    (tmp_path / "torn" / "run.json").write_text("{}")
    candidates, reasons = eligible(["good", "notebook", "half", "stale", "bare", "new", "torn"], tmp_path)
    assert [candidate.run for candidate in candidates] == ["good"]
    assert reasons == {
        "notebook": "was validated on the test set, and no model may be chosen by that",
        "half": "is not completely trained; run `dvc repro evaluate@half`",
        "stale": "was trained again since it was evaluated; run `dvc repro evaluate@stale`",
        "bare": "has no model.keras; run `dvc checkout`, or `dvc repro evaluate@bare`",
        "new": "has no metrics.json; run `dvc checkout`, or `dvc repro evaluate@new`",
        "torn": "is damaged (KeyError: 'settings'); run `dvc repro --force evaluate@torn`",
    }


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
    assert champion.load(path) is None
    champion.save(champion.Champion(champion=promotion(), previous=None), path)
    assert champion.load(path).champion == promotion()
    content = json.loads(path.read_text())
    content["champion"]["val_accuracy"] = 98
    path.write_text(json.dumps(content))
    with pytest.raises(PipelineError, match="champion.json: champion.val_accuracy: .*less than or equal to 1"):
        champion.load(path)
    path.write_text("<<<<<<< HEAD")
    with pytest.raises(PipelineError, match="champion.json: the file: Invalid JSON.*restore it with `git checkout`"):
        champion.load(path)


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
    for logged in copy.root.glob("mlartifacts/*/models/*/artifacts/data/model.keras"):
        shutil.copyfile(other, logged)
    accuracy(copy, FIRST, 0.25)
    refused = copy.run("python", "-m", "tools.promote", "--threshold", "0", FIRST, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"MLflow has no model with the bytes of results/runs/{FIRST}/model.keras" in refused.stderr
    assert not (copy.root / "champion.json").exists()
