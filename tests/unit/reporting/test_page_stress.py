"""The page's chapter on corrupted digits, computed again from stress.csv without the report's code."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.reporting import pictures, stress
from tests.support import study
from tests.support.report_arithmetic import holm, mcnemar, p_text, points
from tests.support.report_page import comparisons
from tests.support.reported import analyze_runs


def right(runs, run, *, other):
    """Whether each corrupted digit, or each of another source, was read."""
    rows = [row for row in runs.csv(run, "stress.csv") if (row["corruption"] == "other_source") == other]
    return np.array([a == b for row in rows for a, b in zip(row["actual"], row["predicted"], strict=True)], float)


def test_differences(made_up_report):
    runs, pairs = made_up_report[2], comparisons(made_up_report, "sturdiness")
    assert ("lenet-batchnorm", "lenet-dropout") in pairs and ("vgg-plain", "lenet-plain") in pairs
    ps = {}
    for (first, second), cells in pairs.items():
        difference = right(runs, first, other=False) - right(runs, second, other=False)
        assert float(cells["difference"][1]["data-value"]) == pytest.approx(difference.mean(), abs=1e-12)
        assert cells["difference"][0] == points(difference.mean())
        half = stats.t.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / math.sqrt(len(difference))
        assert cells["interval"][0] == f"{points(difference.mean() - half)} to {points(difference.mean() + half)}"
        elsewhere = right(runs, first, other=True) - right(runs, second, other=True)
        assert cells["other_source"][0] == points(elsewhere.mean())
        assert cells["images"][0] == f"{len(difference):,}" == "240"
        ps[first, second] = mcnemar(int((difference > 0).sum()), int((difference < 0).sum()))
    for pair, p in holm(ps).items():
        assert pairs[pair]["adjusted"][0] == p_text(p)


def test_accuracies_and_the_sentence(tmp_path):
    for run, share in (("lenet-dropout", 0.95), ("lenet-batchnorm", 0.2)):
        study.write_run(tmp_path, run, stress=share)
    study.write_run(tmp_path, "vgg-plain")
    analysis = analyze_runs(tmp_path, "lenet-dropout", "lenet-batchnorm", "vgg-plain")
    sturdy, fragile, unknown = map(stress.accuracies, analysis.results)
    assert list(sturdy) == ["mean", "blur", "shear", "other_source"]
    assert sturdy["mean"] == pytest.approx((sturdy["blur"] + sturdy["shear"]) / 2)
    assert unknown == {} and stress.mean_accuracy(analysis.results[2]) is None
    (effect,) = analysis.stress_effects
    assert effect.significant and effect.difference.value == pytest.approx(fragile["mean"] - sturdy["mean"])
    said = stress.sentence(analysis.results, analysis.stress_effects)
    assert said.startswith(f"Of 2 runs, lenet-dropout reads most corrupted digits: {100 * sturdy['mean']:.2f} %.")
    assert f"batch normalisation (lenet-batchnorm: −{100 * (sturdy['mean'] - fragile['mean']):.2f} points)" in said


def test_a_slow_network_is_compared_on_the_images_that_both_have(tmp_path):
    for run, images in (("lenet-plain", 40), ("vgg-plain", 10)):
        study.write_stress(study.write_run(tmp_path, run), 0.8, images)
    analysis = analyze_runs(tmp_path, "lenet-plain", "vgg-plain")
    (effect,) = analysis.stress_effects
    assert (effect.what, effect.first, effect.images) == ("architecture", "vgg-plain", 60)
    assert "component" not in stress.sentence(analysis.results, analysis.stress_effects)
    axes = pictures.draw_stress(analysis.results).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["lenet-plain", "vgg-plain (30 digits)"]


def test_runs_that_differ_in_more_than_the_component_are_not_in_the_sentence(tmp_path):
    for run, share, settings in (("plain", 0.95, {}), ("dropout", 0.5, {"learning_rate": 0.1}), ("batchnorm", 0.2, {})):
        study.write_run(tmp_path, f"lenet-{run}", stress=share, **settings)
    analysis = analyze_runs(tmp_path, "lenet-plain", "lenet-dropout", "lenet-batchnorm")
    assert [(effect.fair, effect.significant) for effect in analysis.stress_effects] == [(False, True), (False, True)]
    assert stress.sentence(analysis.results, analysis.stress_effects).endswith(" %.")


def test_of_several_seeds_the_first_is_compared(tmp_path):
    for run, flags in (("lenet-plain", None), ("lenet-dropout", None)):
        for seed in (1, 2):
            study.write_run(tmp_path, f"{run}-{seed}", seed=seed, stress=0.7, flags=flags)
    names = [f"lenet-{kind}-{seed}" for kind in ("plain", "dropout") for seed in (1, 2)]
    effects = analyze_runs(tmp_path, *names).stress_effects
    assert [(effect.first, effect.second) for effect in effects] == [("lenet-dropout-1", "lenet-plain-1")]


def test_without_scores_there_is_no_chapter(tmp_path):
    study.write_run(tmp_path, "lenet-plain")
    analysis = analyze_runs(tmp_path, "lenet-plain")
    assert stress.sentence(analysis.results, analysis.stress_effects) == ""
