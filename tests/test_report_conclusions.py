"""Verdicts follow the results: with the winners swapped they flip."""

import numpy as np
import pytest

from pipeline.reporting import convergence, results
from pipeline.reporting import study as studies
from tests import study

SLOW, FAST = (0.9, 0.95, 0.97, 0.98, *[0.991] * 8), (0.98, 0.992, *[0.993] * 10)


def normal(shape):
    return np.random.default_rng(4).normal(size=shape)


def uniform(shape):
    return np.random.default_rng(4).uniform(-1, 1, shape)


def verdicts(folder, **runs):
    """The six words for the three networks as printed, with these arguments each; a network of None is missing."""
    for network, changes in runs.items():
        if changes is not None:
            study.write_run(folder, f"{network}-dropout", **changes)
    found, missing = results.load([f"{network}-dropout" for network in runs], folder)
    return [one.verdict for one in studies.analyse(found, missing, results.load_published()).conclusions]


def words(folder, **runs):
    return [verdict.word for verdict in verdicts(folder, **runs)]


NOTEBOOK_IS_RIGHT = {
    "lenet": {"errors": 120, "validation": SLOW, "weights": normal},
    "vgg": {"errors": 50, "validation": FAST, "weights": normal},
    "custom": {"errors": 300, "validation": FAST, "weights": normal},
}
NOTEBOOK_IS_WRONG = {
    "lenet": {"errors": 120, "validation": FAST, "weights": uniform},
    "vgg": {"errors": 300, "validation": SLOW, "weights": uniform},
    "custom": {"errors": 30, "validation": FAST, "weights": uniform},
}


def test_results_that_agree_with_the_notebook_support_all_six(tmp_path):
    assert words(tmp_path, **NOTEBOOK_IS_RIGHT) == ["supported"] * 6


def test_with_the_winners_swapped_all_six_are_contradicted(tmp_path):
    assert words(tmp_path, **NOTEBOOK_IS_WRONG) == ["contradicted"] * 6


def test_small_differences_decide_nothing(tmp_path):
    same = {"errors": 100, "validation": (0.95, 0.985, 0.992)}
    found = words(tmp_path, lenet=same, vgg=same, custom=same)
    assert [found[0], found[1], found[2], found[5]] == ["undecided"] * 4


def test_a_win_with_more_training_images_decides_nothing(tmp_path):
    starved = {"custom": NOTEBOOK_IS_RIGHT["custom"] | {"training_images": 1000}}
    first, _, third, *_, fifth, sixth = verdicts(tmp_path, **NOTEBOOK_IS_RIGHT | starved)
    assert first.word == fifth.word == sixth.word == "undecided"
    assert "vgg-dropout beats custom-dropout, but saw 144,000 training images against 12,000" in first.why
    assert third.word == "supported"


def test_a_win_in_spite_of_fewer_training_images_counts(tmp_path):
    poor = {"vgg": NOTEBOOK_IS_RIGHT["vgg"] | {"training_images": 6000}}
    assert words(tmp_path, **NOTEBOOK_IS_RIGHT | poor)[2] == "supported"


def test_without_a_network_the_published_counts_are_tested_unpaired(tmp_path):
    for network, changes in NOTEBOOK_IS_RIGHT.items():
        if network != "lenet":
            study.write_run(tmp_path, f"{network}-dropout", **changes)
    found, missing = results.load([f"{network}-dropout" for network in NOTEBOOK_IS_RIGHT], tmp_path)
    third = studies.analyse(found, missing, results.load_published()).conclusions[2]
    (pair,) = third.comparisons
    assert pair.test == "Fisher, exact, on published counts (unpaired)"
    assert pair.p == pytest.approx(0.0322, abs=1e-4)  # 51 errors of 10,000 against 76
    assert pair.adjusted == pytest.approx(2 * pair.p)  # in a family of three, the second smallest after vgg and custom
    assert third.verdict.word == "undecided"
    assert "by the published counts" in third.verdict.why


def test_seeds_are_compared_over_seeds(tmp_path):
    for seed in range(3):
        study.write_run(tmp_path, f"lenet-dropout-{seed}", errors=100 + seed, seed=seed)
        study.write_run(tmp_path, f"vgg-dropout-{seed}", errors=60 + seed, seed=seed)
    found, missing = results.load(sorted(path.name for path in tmp_path.iterdir()), tmp_path)
    whole = studies.analyse(found, missing, results.load_published())
    assert [len(group.runs) for group in whole.groups] == [3, 3]
    assert whole.groups[0].mean == pytest.approx(0.9899)
    assert whole.groups[0].deviation == pytest.approx(0.0001)
    third = whole.conclusions[2]
    assert third.comparisons[0].test == "Welch's t over seeds"
    assert third.comparisons[0].difference.value == pytest.approx(0.004)
    assert third.verdict.word == "supported"


def test_moments_stand_in_for_weights_that_are_not_here(tmp_path):
    study.write_run(tmp_path, "lenet-dropout")
    found, missing = results.load(["lenet-dropout"], tmp_path)
    fourth = studies.analyse(found, missing, results.load_published()).conclusions[3]
    assert [(kernel.layer, kernel.sampled, kernel.shape.skew) for kernel in fourth.kernels] == [
        ("conv1", 0, 0.01),
        ("dense1", 0, 0.01),
        ("output", 0, 0.01),
    ]
    assert fourth.verdict.word == "supported"


def test_without_any_run_nothing_is_invented():
    whole = studies.analyse([], {"lenet-plain": "run.json"}, results.load_published())
    assert [one.verdict.word for one in whole.conclusions[1:4:2]] == ["undecided", "undecided"]
    assert {pair.test for one in whole.conclusions for pair in one.comparisons} == {
        "Fisher, exact, on published counts (unpaired)"
    }


def test_the_notebook_s_own_numbers_contradict_its_text():
    clashes = [one.clash for one in studies.analyse([], {}, results.load_published()).conclusions]
    assert clashes == [
        "lenet (0.9924) is below custom (0.9932).",
        "lenet's training loss is below vgg's in 20 of 20 epochs, and its training accuracy above through epoch 4"
        " (each under its own dropout). Its test loss is the lower one too: 0.03021 against 0.03050.",
        None,
        None,
        None,
        "After epoch 2, vgg's training accuracy is 0.9210 and custom's 0.1217.",
    ]


def race(first, second, budgets=(3, 3), sizes=(100, 100)):
    return convergence.Race(0.99, (first, second), budgets, sizes, None)


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
    found, _ = results.load(["lenet-dropout", "vgg-dropout"], tmp_path)
    lenet, vgg = studies.group(found)
    one = convergence.race(vgg, lenet)
    assert (one.goal, one.epochs) == (0.97, ([float("inf")], [2.0]))


def test_one_ingredient_at_a_time_and_what_differs_besides(tmp_path):
    names = study.write_study(tmp_path, vgg_nopool={"training_images": 3000, "errors": 300})
    found, missing = results.load(names, tmp_path)
    effects = studies.analyse(found, missing, results.load_published()).effects
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
