"""The scores on corrupted digits, by hand; and test and validation digits kept apart."""

import json

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.formats.tables import read_csv, write_arrays
from pipeline.stress import score


@pytest.fixture
def stress(tmp_path, monkeypatch):
    """Two corruptions in three severities, two images each: the first pixel is what `answers` reads."""
    for name, shift in (("test", 0), ("validation", 5)):
        labels = np.array([[[1, 2]] * 3, [[3, 4]] * 3], np.uint8)
        images = np.zeros((2, 3, 2, 28, 28, 1), np.uint8)
        images[..., 0, 0, 0] = labels
        images[0, 2, 0, 0, 0, 0] = 9  # one wrong in six of the first corruption
        images[1, :, shift % 2, 0, 0, 0] = 9  # three wrong in six of the second
        if name == "validation":
            images[..., 0, 0, 0] = 9
        index = np.arange(12).reshape(2, 3, 2)
        write_arrays(
            tmp_path / f"{name}.npz", names=np.array(["blur", "shear"]), images=images, labels=labels, index=index
        )
    images = np.zeros((4, 28, 28, 1), np.uint8)
    write_arrays(tmp_path / "other_source.npz", images=images, labels=np.array([0, 0, 0, 7], np.uint8))
    monkeypatch.setattr(score, "STRESS", tmp_path)
    return tmp_path


def scores(stress, count=2, held_out=True, clean=None):
    (stress / "run").mkdir(exist_ok=True)
    found = score.write_scores(
        stress / "run",
        answers=lambda images: images[:, 0, 0, 0],
        count=count,
        clean={} if clean is None else clean,
        held_out=held_out,
    )
    return found, json.loads((stress / "run/validation_stress.json").read_text())


def test_scores_by_hand(stress) -> None:
    found, validation = scores(stress, clean=dict.fromkeys(range(12), True) | {3: False})
    assert found == pytest.approx(
        {
            "mean_accuracy": 8 / 12,
            "images": 12,
            "blur": 5 / 6,
            "shear": 3 / 6,
            "other_source": 0.75,
            "other_source_images": 4,
            "clean_accuracy": 11 / 12,
            "drop": 3 / 12,
        }
    )
    assert validation == {"mean_accuracy": 0.0, "images": 12, "blur": 0.0, "shear": 0.0}
    rows = read_csv(stress / "run/stress.csv")
    assert [(row["corruption"], row["severity"]) for row in rows[:4]] == [
        ("blur", "1"),
        ("blur", "2"),
        ("blur", "3"),
        ("shear", "1"),
    ]
    assert (rows[2]["actual"], rows[2]["predicted"], rows[2]["accuracy"]) == ("12", "92", "0.5")
    assert rows[-1]["corruption"] == "other_source"


def test_a_slow_network_is_scored_on_the_first_images_of_each(stress) -> None:
    found, _ = scores(stress, count=1)
    assert (found["images"], found["other_source_images"]) == (6, 2)
    assert "drop" not in found  # not scored on any of the originals


def test_nothing_is_said_of_validation_images_that_the_run_was_trained_on(stress) -> None:
    assert scores(stress, held_out=False)[1] == {}


def test_missing_digits_are_named(stress) -> None:
    (stress / "test.npz").unlink()
    with pytest.raises(
        PipelineError, match=r"test\.npz: not found; run `dvc checkout`, or `dvc repro --force corrupt`"
    ):
        scores(stress)
