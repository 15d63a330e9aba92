"""What the report's figures show, computed from made-up runs."""

import numpy as np
import pytest
from scipy import stats

from pipeline.reporting import calibration, per_class, pictures
from tests.support import study
from tests.support.reported import analyze_runs
from tests.support.stored_results import published


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """One run without dropout, and three seeds of the network as published."""
    folder = tmp_path_factory.mktemp("seeds")
    study.write_run(folder, "lenet-plain", errors=120)
    for seed, (errors, validation) in enumerate(((140, (0.9, 0.97)), (150, (0.92, 0.98)), (170, (0.94, 0.975)))):
        study.write_run(folder, f"lenet-dropout-{seed}", errors=errors, validation=validation, seed=seed)
    return analyze_runs(folder, "lenet-plain", *(f"lenet-dropout-{seed}" for seed in range(3)))


def test_scores_have_the_interval_of_images_or_of_seeds(seeds):
    plain, dropout = (pictures.score(group, seeds) for group in seeds.groups)
    interval = stats.binomtest(120, 10_000).proportion_ci(method="wilson")
    assert plain.error == pytest.approx((1.2, 100 * interval.low, 100 * interval.high))
    assert (plain.seeds, plain.published) == ([pytest.approx(1.2)], None)
    half = stats.t.ppf(0.975, 2) * np.std([1.4, 1.5, 1.7], ddof=1) / np.sqrt(3)
    mean = (1.4 + 1.5 + 1.7) / 3
    assert dropout.error == pytest.approx((mean, mean - half, mean + half))
    assert dropout.seeds == pytest.approx([1.4, 1.5, 1.7])
    assert dropout.published == pytest.approx(100 * (1 - float(published()["lenet"]["test_accuracy"])))


def test_curves_are_errors_of_each_seed_against_images_seen(seeds):
    curves = pictures.group_curves(seeds.groups[1])
    assert list(curves.images) == [12_000, 24_000]
    assert curves.measures["val_error"] == pytest.approx(np.array([[10, 3], [8, 2], [6, 2.5]]))
    assert curves.measures["train_error"] == pytest.approx(np.array([[12, 5], [10, 4], [8, 4.5]]))
    assert curves.teraflops[-1] == pytest.approx(seeds.results[1].training_flops / 1e12)
    known = pictures.published_curves(seeds)
    assert list(known["lenet"].images[:2]) == [60_000, 120_000]
    assert known["custom"].measures["train_error"][0, 1] == pytest.approx(100 * (1 - 0.1217))
    assert known["lenet"].teraflops[0] == pytest.approx(6 * study.COSTS["lenet"][1] * 60_000 / 1e12)
    assert np.isnan(known["custom"].teraflops).all()  # no run tells its cost


def test_answers_are_put_into_bins_by_doubt(tmp_path, monkeypatch):
    study.write_run(tmp_path, "lenet-plain", images=100)
    (result,) = analyze_runs(tmp_path, "lenet-plain").results
    doubt = np.repeat([5e-5, 5e-3, 0.2, 0.5], [40, 30, 25, 5])  # too few in the last bin
    found = np.zeros((100, 10), np.float32)
    answers = result.labels.copy()
    answers[[41, 42, 90]] = (answers[[41, 42, 90]] + 1) % 10
    found[np.arange(100), answers] = 1 - doubt
    np.save(result.folder / "probabilities.npy", found)
    bins = calibration.bins([result, result])
    assert [one.images for one in bins] == [80, 60, 50]
    assert [one.doubt for one in bins] == pytest.approx([5e-5, 5e-3, 0.2], rel=1e-3)
    assert [one.errors.value for one in bins] == pytest.approx([0, 4 / 60, 2 / 50])
    interval = stats.binomtest(4, 60).proportion_ci(method="wilson")
    assert bins[1].errors[1:] == pytest.approx((interval.low, interval.high))
    (result.folder / "probabilities.npy").unlink()
    assert calibration.bins([result]) == []


def test_scores_of_each_digit_are_those_that_evaluate_writes(tmp_path):
    from pipeline.evaluate import per_class_metrics

    study.write_run(tmp_path, "lenet-plain", images=300, errors=90)
    (result,) = analyze_runs(tmp_path, "lenet-plain").results
    result.predicted[result.predicted == 4] = 3  # a digit that is never answered
    rows = [score._asdict() for score in per_class.digit_scores([result])]
    for row, expected in zip(rows, per_class_metrics(result.labels, result.predicted), strict=True):
        assert row == pytest.approx(expected)


def test_significant_effects_have_a_star(tmp_path):
    for run, errors in (("plain", 300), ("dropout", 100), ("batchnorm", 100)):
        study.write_run(tmp_path, f"lenet-{run}", errors=errors)
    effects = pictures.effects(analyze_runs(tmp_path, "lenet-plain", "lenet-dropout", "lenet-batchnorm"))
    assert [(effect.fair, effect.text) for effect in effects] == [(True, "+2.00 *"), (True, "+0.00")]
