"""Which two groups of runs are compared."""

import pytest

from pipeline.reporting.pairing import COMPUTE, IMAGES, pairs
from tests.support import study
from tests.support.reported import networks

SMALL, LARGE = {"training_images": 1000}, {"training_images": 5000}


def chosen(folder, cost, *budgets):
    """The pairs of lenet and vgg, best first; a budget is (architecture, name, seeds, settings)."""
    runs = []
    for network, name, seeds, settings in budgets:
        for seed in range(seeds):
            runs.append(f"{network}-dropout-{name}-{seed}")
            study.write_run(folder, runs[-1], images=50, errors=3, seed=seed, **settings)
    found = networks(folder, *runs)
    return pairs(found["vgg"], found["lenet"], cost, 3)


def test_the_largest_equal_budget_decides(tmp_path):
    both = [(network, name, 3, size) for network in ("vgg", "lenet") for name, size in (("s", SMALL), ("l", LARGE))]
    first, second, *others = chosen(tmp_path, IMAGES, *both)
    assert (first.costs, second.costs) == ((15_000, 15_000), (3000, 3000))
    assert not any(pair.equal for pair in others)
    assert first.budget == "15,000 images each, dropout rates × 0.3"


def test_a_budget_without_enough_seeds_does_not_decide(tmp_path):
    both = [(network, name, 3, size) for network in ("vgg", "lenet") for name, size in (("s", SMALL), ("l", LARGE))]
    both[1] = ("vgg", "l", 2, LARGE)
    assert chosen(tmp_path, IMAGES, *both)[0].costs == (3000, 3000)


def test_equal_compute_is_within_five_per_cent(tmp_path):
    vgg = ("vgg", "x", 3, {"training_images": 1000})  # 79.011 MMAC an image against lenet's 37.656
    close, far = {"training_images": 2010}, {"training_images": 2300}
    first, second = chosen(tmp_path, COMPUTE, vgg, ("lenet", "far", 3, far), ("lenet", "close", 3, close))
    assert (first.equal, second.equal) == (True, False)
    assert first.budget == "vgg 1.42, lenet 1.36 TFLOP, dropout rates × 0.3"


def test_without_equal_budgets_the_closest_decide(tmp_path):
    runs = [("vgg", "x", 3, SMALL), ("lenet", "l", 3, LARGE), ("lenet", "m", 3, {"training_images": 2000})]
    assert chosen(tmp_path, IMAGES, *runs)[0].costs == (3000, 6000)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({"learning_rate": 0.1, "batch_size": 8, "warmup": 0.1, "batch_norm_momentum": 0.5, "threads": 7}, []),
        ({"dropout_scale": 1.0}, ["dropout scale 0.3 against 1.0"]),
        ({"max_rotation": 8.0, "max_shift": 0}, ["max rotation 0 against 8.0"]),
        ({"environment": {"precision": "mixed_bfloat16"}}, ["precision float32 against mixed bfloat16"]),
    ],
)
def test_recipes_differ_in_what_is_neither_tuned_nor_the_budget(changes, differences, tmp_path):
    assert chosen(tmp_path, IMAGES, ("vgg", "x", 1, {}), ("lenet", "x", 1, changes))[0].differences == differences


def test_equal_recipes_go_before_equal_budgets(tmp_path):
    other = ("lenet", "other", 3, {"max_shift": 2})
    found = chosen(tmp_path, IMAGES, ("vgg", "x", 3, {}), other, ("lenet", "x", 3, SMALL))
    assert [pair.differences for pair in found] == [[], ["max shift 0 against 2"]]
