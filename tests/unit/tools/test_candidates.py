"""Which runs can become the champion, and which of them is the best."""

import json
import os
from pathlib import Path

import pytest

from tests.support.study import write_run
from tools.candidates import Candidate, best, eligible, noise, sturdy


def record(data="validation", images=5000, digest="d", parameters=700):
    settings = {"validation_data": data, "validation_images": images}
    return {"settings": settings, "data_digest": digest, "parameters": parameters}


def candidate(run, val_accuracy=0.98, stress=None, **options):
    return Candidate(run, record(**options), {"complete": True}, val_accuracy, stress)


STAGES = "train@torn evaluate@torn"


def write(folder, run, *, val_accuracy=0.98, last=0.98, complete=True, test_accuracy=0.9, data="validation"):
    path = write_run(
        folder,
        run,
        flags=(True, True, False),
        validation=(0.5, last),
        images=100,
        errors=10,
        environment={"complete": complete},
        validation_data=data,
    )
    metrics = json.loads((path / "metrics.json").read_text())
    metrics |= {"val_accuracy": val_accuracy, "test_accuracy": test_accuracy}
    (path / "metrics.json").write_text(json.dumps(metrics))
    (path / "model.keras").touch()
    (path / "card.md").write_text("a" * 32)  # the training's id


def test_the_best_by_validation_accuracy_not_by_test_accuracy(tmp_path: Path) -> None:
    write(tmp_path, "a", val_accuracy=0.97, last=0.97, test_accuracy=0.999)
    write(tmp_path, "b", val_accuracy=0.98, last=0.98, test_accuracy=0.1)
    write(tmp_path, "c", val_accuracy=0.96, last=0.96)
    candidates, reasons = eligible(["a", "b", "c"], tmp_path)
    chosen, others = best(candidates)
    assert (chosen.run, chosen.val_accuracy, reasons, others) == ("b", 0.98, {}, {})


def test_a_run_without_the_card_of_its_training(tmp_path: Path) -> None:
    for run in ("torn", "former"):
        write(tmp_path, run)
    (tmp_path / "torn/card.md").unlink()
    (tmp_path / "former/card.md").write_text("b" * 32)
    said = "has no card.md of this training; run `dvc repro draw@{}`"
    assert eligible(["torn", "former"], tmp_path) == ([], {run: said.format(run) for run in ("torn", "former")})


def test_the_smallest_of_equally_accurate_runs() -> None:
    found = [candidate("a", parameters=900), candidate("b", parameters=800), candidate("c", 0.97)]
    assert best(found)[0].run == "b"


def test_the_noise_shrinks_with_more_images() -> None:
    assert noise(0.992, 0.992, 5000) == pytest.approx(0.00349, abs=1e-5)
    assert noise(0.5, 0.3, 40) == pytest.approx(0.21471, abs=1e-5)
    assert noise(1, 1, 5000) == 0


def test_the_sturdier_of_runs_that_differ_by_less_than_the_noise() -> None:
    found = [
        candidate("accurate", 0.992, 0.6),
        candidate("sturdy", 0.989, 0.9),  # 0.003 below; the noise is 0.0038
        candidate("sturdiest", 0.98, 0.95),  # 0.012 below
        candidate("unknown", 0.991),
    ]
    assert best(found)[0].run == "sturdy"
    assert best(found[:1] + found[2:])[0].run == "accurate"


def test_a_floor_for_the_accuracy_on_corrupted_validation_images() -> None:
    kept, reasons = sturdy([candidate("a", stress=0.8), candidate("b", stress=0.79), candidate("c")], 0.8)
    assert [each.run for each in kept] == ["a"]
    assert reasons == {
        "b": "has an accuracy of 0.7900 on corrupted validation images, below 0.8 (promote.min_stress_accuracy in"
        " params.yaml)",
        "c": "has no validation_stress.json; run `dvc repro evaluate@c`",
    }


def test_scores_on_corrupted_test_images_choose_nothing(tmp_path: Path) -> None:
    for run, on_test, on_validation in (("a", 0.99, 0.7), ("b", 0.1, 0.8)):
        write(tmp_path, run, test_accuracy=on_test)
        metrics = json.loads((tmp_path / run / "metrics.json").read_text())
        (tmp_path / run / "metrics.json").write_text(json.dumps(metrics | {"stress": on_test}))
        (tmp_path / run / "stress.json").write_text(json.dumps({"mean_accuracy": on_test}))
        (tmp_path / run / "validation_stress.json").write_text(json.dumps({"mean_accuracy": on_validation}))
    candidates, _ = eligible(["a", "b"], tmp_path)
    assert [each.stress for each in candidates] == [0.7, 0.8]
    assert best(candidates)[0].run == "b"
    for run in ("a", "b"):  # whatever they are
        (tmp_path / run / "stress.json").unlink()
        metrics = json.loads((tmp_path / run / "metrics.json").read_text())
        metrics |= {"test_accuracy": 0.5, "test_errors": 50, "stress": 0.5}
        (tmp_path / run / "metrics.json").write_text(json.dumps(metrics))
    assert eligible(["a", "b"], tmp_path)[0] == candidates


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


def test_runs_that_cannot_be_promoted(tmp_path: Path) -> None:
    write(tmp_path, "good")
    write(tmp_path, "notebook", data="test")
    write(tmp_path, "half", complete=False)
    write(tmp_path, "stale", last=0.97)
    for run, name in (("bare", "model.keras"), ("new", "metrics.json")):
        write(tmp_path, run)
        (tmp_path / run / name).unlink()
    write(tmp_path, "torn")
    (tmp_path / "torn" / "run.json").write_text('{"run": "torn"}')
    write(tmp_path, "huge")
    os.truncate(tmp_path / "huge" / "model.keras", 227_000_000)
    candidates, reasons = eligible(["good", "notebook", "half", "stale", "bare", "new", "torn", "huge"], tmp_path)
    assert [candidate.run for candidate in candidates] == ["good"]
    assert reasons == {
        "notebook": "was validated on the test set, and no model may be chosen by that",
        "half": "is not completely trained; run `dvc repro evaluate@half`",
        "stale": "was trained again since it was evaluated; run `dvc repro evaluate@stale`",
        "bare": "has no model.keras; run `dvc checkout`, or `dvc repro evaluate@bare`",
        "new": "has no metrics.json; run `dvc checkout`, or `dvc repro evaluate@new`",
        "torn": f"is damaged: results/runs/torn/run.json: input_key is missing; run `dvc repro {STAGES}`",
        "huge": "has a model of 227 MB, and git takes at most 50 MB",
    }
