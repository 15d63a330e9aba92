"""Two networks compared: over seeds, on common images, in convergence, and in an ablation."""

import numpy as np
import pytest

from pipeline.reporting.comparisons import compare, largest_budgets
from pipeline.reporting.convergence import log_areas
from tests.support import study
from tests.support.reported import analyze_runs, networks


def test_groups_with_several_seeds_are_compared_over_seeds(tmp_path):
    for seed in range(3):
        study.write_run(tmp_path, f"lenet-dropout-{seed}", errors=100 + seed, seed=seed)
        study.write_run(tmp_path, f"vgg-dropout-{seed}", errors=60 + seed, seed=seed)
    study.write_run(tmp_path, "vgg-dropout-again", errors=60, seed=0)  # no further seed
    analysis = analyze_runs(tmp_path, *sorted(path.name for path in tmp_path.iterdir()))
    assert [len(group.runs) for group in analysis.groups] == [3, 3]
    assert analysis.groups[0].mean == pytest.approx(0.9899)
    assert analysis.groups[0].deviation == pytest.approx(0.0001)
    compared = compare(*reversed(analysis.groups))
    assert compared.test == "Welch's t over seeds"
    assert compared.difference.value == pytest.approx(0.004)


def test_areas_take_the_points_that_both_curves_have(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", validation=(0.5, 0.7, 0.8, 0.9))
    study.write_run(tmp_path, "vgg-dropout", validation=(0.7, 0.9))
    study.write_run(tmp_path, "custom-dropout", validation=(0.1, 0.7, 0.9))
    found = networks(tmp_path, "lenet-dropout", "vgg-dropout", "custom-dropout")
    (lenet,), (vgg,), (custom,) = found["lenet"], found["vgg"], found["custom"]
    area = (0.9 + 0.3) / 2 / 2 + (0.3 + 0.1) / 2 / 2  # of both: guessing, then the middle and the end
    assert np.exp(log_areas(lenet, vgg)).ravel() == pytest.approx([area, area])
    every = (0.9 + 0.5) / 8 + (0.5 + 0.3) / 8 + (0.3 + 0.2) / 8 + (0.2 + 0.1) / 8
    assert np.exp(log_areas(lenet, lenet)).ravel() == pytest.approx([every, every])
    assert log_areas(vgg, custom) is None  # two epochs and three: only the end in common


def test_ablation_and_other_settings_that_differ(tmp_path):
    names = study.write_study(tmp_path, vgg_nopool={"training_images": 3000, "errors": 300})
    effects = analyze_runs(tmp_path, *names).effects
    assert [
        (effect.component, effect.comparison.first, effect.comparison.second, effect.other_settings)
        for effect in effects
    ] == [
        ("dropout", "lenet-dropout", "lenet-plain", ()),
        ("batch normalisation", "lenet-batchnorm", "lenet-dropout", ()),
        ("pooling", "vgg-plain", "vgg-nopool", ("training images",)),
        ("dropout", "vgg-dropout", "vgg-plain", ()),
        ("batch normalisation", "vgg-batchnorm", "vgg-dropout", ()),
        ("dropout", "custom-dropout", "custom-plain", ()),
        ("batch normalisation", "custom-batchnorm", "custom-dropout", ()),
    ]
    assert effects[2].comparison.difference.value == pytest.approx(0.016)


def test_the_largest_budget_of_an_architecture_is_that_of_most_images_then_of_most_seeds(tmp_path):
    study.write_run(tmp_path, "lenet-plain-few", training_images=1000)
    for seed in (1, 2):
        study.write_run(tmp_path, f"lenet-plain-many-{seed}", seed=seed)
    study.write_run(tmp_path, "lenet-plain-many-other", max_shift=2)
    study.write_run(tmp_path, "vgg-plain-few", training_images=1000)
    runs = ("lenet-plain-few", "lenet-plain-many-other", "lenet-plain-many-1", "lenet-plain-many-2", "vgg-plain-few")
    groups = analyze_runs(tmp_path, *runs).groups
    assert [group.name for group in largest_budgets(groups)] == ["lenet-plain-many-1 (2 seeds)", "vgg-plain-few"]
