"""The plan of `make repro`: which recorded run a run is compared with, and how long its stages take."""

import dataclasses

import pytest

from pipeline.config.params import load_params
from tools.repro import plan
from tools.repro.plan import Machine, Speed

RUNS = load_params().runs
PLAIN, DROPOUT, NOPOOL = (True, False, False), (True, True, False), (False, False, False)
SPEEDS = [
    Speed("vgg-plain", "vgg", PLAIN, 1000.0),
    Speed("vgg-dropout", "vgg", DROPOUT, 800.0),
    Speed("vgg-nopool", "vgg", NOPOOL, 100.0),
    Speed("lenet-plain", "lenet", PLAIN, 2000.0),
]


def test_a_run_is_compared_with_its_own_record_first():
    assert plan.most_similar(RUNS["vgg-dropout"], SPEEDS).run == "vgg-dropout"


def test_then_with_the_same_architecture_that_differs_least():
    assert plan.most_similar(RUNS["vgg-batchnorm"], SPEEDS).run == "vgg-dropout"
    assert plan.most_similar(RUNS["lenet-batchnorm"], SPEEDS).run == "lenet-plain"
    assert plan.most_similar(RUNS["custom-plain"], SPEEDS) is None


def test_one_run_of_each_architecture_is_measured():
    chosen = [RUNS[name] for name in ("vgg-nopool", "vgg-plain", "custom-plain")]
    assert plan.runs_to_measure(chosen) == {"vgg": "vgg-nopool", "custom": "custom-plain"}


def test_the_speed_is_the_measured_one_scaled_as_the_records_differ():
    machine = Machine(4.0, {"vgg-plain": 500.0})  # half as fast as the machine of the records
    measured = RUNS["vgg-plain"]
    assert plan.training_speed(RUNS["vgg-nopool"], measured, SPEEDS, machine) == 50.0
    assert plan.training_speed(RUNS["vgg-nopool"], measured, [], machine) == 500.0


def test_seconds_of_stages_by_hand():
    train = RUNS["lenet-plain"].train.model_copy(update={"epochs": 2, "training_images": 900, "validation_images": 300})
    run = dataclasses.replace(RUNS["lenet-plain"], train=train, test_images=372, stress_images=2)
    task = plan.estimate(run, ["train", "evaluate", "draw"], 100.0, 2.0)
    fixed = {stage: 2.0 * cost for stage, cost in plan.FIXED_COST.items()}
    expected = {"train": fixed["train"] + 20, "evaluate": fixed["evaluate"] + 2, "draw": fixed["draw"]}
    assert task.seconds == pytest.approx(expected)
    assert task.total == pytest.approx(sum(expected.values()))
    assert set(plan.estimate(run, ["draw"], 100.0, 2.0).seconds) == {"draw"}


def test_a_recorded_speed_by_hand():
    record = {"run": "a", "architecture": "vgg", "pooling": True, "dropout": False, "batch_norm": False}
    settings = {"epochs": 2, "training_images": 900, "validation_images": 300}
    speed = plan.recorded_speed(record | {"settings": settings}, {"seconds": 20.0})
    assert speed == Speed("a", "vgg", PLAIN, pytest.approx(100.0))


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "less than a minute"), (55, "about 1 min"), (89, "about 1 min"), (400, "about 7 min")]
)
def test_durations_in_words(seconds, words):
    assert plan.about(seconds) == words


@pytest.mark.parametrize(("seconds", "shown"), [(72, "1:12"), (59.6, "1:00"), (3725, "1:02:05")])
def test_clock(seconds, shown):
    assert plan.clock(seconds) == shown
