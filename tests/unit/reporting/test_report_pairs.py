"""Two networks side by side: over their seeds, by who is there first, and by what one ingredient changes."""

import pytest

from pipeline.reporting import convergence
from tests.support import study
from tests.support.reported import analysed


def test_seeds_are_compared_over_seeds(tmp_path):
    for seed in range(3):
        study.write_run(tmp_path, f"lenet-dropout-{seed}", errors=100 + seed, seed=seed)
        study.write_run(tmp_path, f"vgg-dropout-{seed}", errors=60 + seed, seed=seed)
    study.write_run(tmp_path, "vgg-dropout-again", errors=60, seed=0)  # no further seed
    whole = analysed(tmp_path, *sorted(path.name for path in tmp_path.iterdir()))
    assert [len(group.runs) for group in whole.groups] == [3, 3]
    assert whole.groups[0].mean == pytest.approx(0.9899)
    assert whole.groups[0].deviation == pytest.approx(0.0001)
    third = whole.conclusions[2]
    assert third.comparisons[0].test == "Welch's t over seeds"
    assert third.comparisons[0].difference.value == pytest.approx(0.004)
    assert third.verdict.word == "supported"


def race(first, second, budgets=(3, 3), sizes=(100, 100)):
    return convergence.Convergence(0.99, (first, second), budgets, sizes, None)


@pytest.mark.parametrize(
    ("one", "epochs", "images"),
    [
        (race([1], [2]), "earlier", "earlier"),
        (race([3], [2]), "later", "later"),
        (race([2], [2]), "same", "same"),
        (race([2], [3], sizes=(300, 100)), "earlier", "later"),
        (race([3], [float("inf")]), "earlier", "earlier"),  # the other needs four epochs at least
        (race([3], [float("inf")], sizes=(1000, 10)), "earlier", "unknown"),
        (race([float("inf")], [2]), "later", "later"),
    ],
)
def test_who_is_there_first(one, epochs, images):
    assert one.order(images=False) == epochs
    assert one.order(images=True) == images


def test_the_race_goes_to_the_highest_mark_that_one_of_the_two_reaches(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", validation=(0.96, 0.975))
    study.write_run(tmp_path, "vgg-dropout", validation=(0.91, 0.96))
    lenet, vgg = analysed(tmp_path, "lenet-dropout", "vgg-dropout").groups
    one = convergence.compare_convergence(vgg, lenet)
    assert (one.goal, one.epochs) == (0.97, ([float("inf")], [2.0]))


def test_one_ingredient_at_a_time_and_what_differs_besides(tmp_path):
    names = study.write_study(tmp_path, vgg_nopool={"training_images": 3000, "errors": 300})
    effects = analysed(tmp_path, *names).effects
    assert [(one.ingredient, one.comparison.first, one.comparison.second, one.also) for one in effects] == [
        ("dropout", "lenet-dropout", "lenet-plain", ()),
        ("batch normalisation", "lenet-batchnorm", "lenet-dropout", ()),
        ("pooling", "vgg-plain", "vgg-nopool", ("training images",)),
        ("dropout", "vgg-dropout", "vgg-plain", ()),
        ("batch normalisation", "vgg-batchnorm", "vgg-dropout", ()),
        ("dropout", "custom-dropout", "custom-plain", ()),
        ("batch normalisation", "custom-batchnorm", "custom-dropout", ()),
    ]
    assert effects[2].comparison.difference.value == pytest.approx(0.016)
