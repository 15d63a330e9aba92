"""Two networks compared: over seeds, on common images, in convergence, and in an ablation."""

import pytest

from pipeline.reporting import convergence
from tests.support import study
from tests.support.reported import analyze_runs


def test_groups_with_several_seeds_are_compared_over_seeds(tmp_path):
    for seed in range(3):
        study.write_run(tmp_path, f"lenet-dropout-{seed}", errors=100 + seed, seed=seed)
        study.write_run(tmp_path, f"vgg-dropout-{seed}", errors=60 + seed, seed=seed)
    study.write_run(tmp_path, "vgg-dropout-again", errors=60, seed=0)  # no further seed
    analysis = analyze_runs(tmp_path, *sorted(path.name for path in tmp_path.iterdir()))
    assert [len(group.runs) for group in analysis.groups] == [3, 3]
    assert analysis.groups[0].mean == pytest.approx(0.9899)
    assert analysis.groups[0].deviation == pytest.approx(0.0001)
    third = analysis.conclusions[2]
    assert third.comparisons[0].test == "Welch's t over seeds"
    assert third.comparisons[0].difference.value == pytest.approx(0.004)
    assert third.verdict.word == "supported"


def converged(first, second, budgets=(3, 3), sizes=(100, 100)):
    return convergence.Convergence(0.99, (first, second), budgets, sizes, None)


@pytest.mark.parametrize(
    ("compared", "epochs", "images"),
    [
        (converged([1], [2]), "earlier", "earlier"),
        (converged([3], [2]), "later", "later"),
        (converged([2], [2]), "same", "same"),
        (converged([2], [3], sizes=(300, 100)), "earlier", "later"),
        (converged([3], [float("inf")]), "earlier", "earlier"),  # the other needs four epochs at least
        (converged([3], [float("inf")], sizes=(1000, 10)), "earlier", "unknown"),
        (converged([float("inf")], [2]), "later", "later"),
    ],
)
def test_order_of_convergence(compared, epochs, images):
    assert compared.order(images=False) == epochs
    assert compared.order(images=True) == images


def test_convergence_is_compared_at_the_highest_target_that_one_reaches(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", validation=(0.96, 0.975))
    study.write_run(tmp_path, "vgg-dropout", validation=(0.91, 0.96))
    lenet, vgg = analyze_runs(tmp_path, "lenet-dropout", "vgg-dropout").groups
    compared = convergence.compare_convergence(vgg, lenet)
    assert (compared.target, compared.epochs) == (0.97, ([float("inf")], [2.0]))


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
