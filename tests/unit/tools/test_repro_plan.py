"""The plan of `make repro`: how fast each run trains here, and how long its stages take."""

import dataclasses

import pytest

from pipeline.config.params import load_params
from tools.repro import plan
from tools.repro.plan import Machine

RUNS = load_params().runs


def test_one_run_of_each_architecture_is_measured():
    chosen = [RUNS[name] for name in ("vgg-nopool", "vgg-plain", "custom-plain")]
    assert plan.runs_to_measure(chosen) == {"vgg": "vgg-nopool", "custom": "custom-plain"}


def test_the_speed_is_the_measured_one_scaled_as_the_records_differ():
    machine = Machine(4.0, {"vgg-plain": 500.0})  # half as fast as the machine of the records
    recorded = {"vgg-plain": 1000.0, "vgg-nopool": 100.0}
    assert plan.training_speed("vgg-nopool", "vgg-plain", recorded, machine) == 50.0
    assert plan.training_speed("vgg-new", "vgg-plain", recorded, machine) == 500.0


def test_seconds_of_stages_by_hand():
    train = RUNS["lenet-plain"].train.model_copy(update={"epochs": 2, "training_images": 900, "validation_images": 300})
    run = dataclasses.replace(RUNS["lenet-plain"], train=train, test_images=354, stress_images=2)
    task = plan.estimate(run, ["train", "evaluate", "draw"], 100.0, 2.0)
    fixed = {stage: 2.0 * cost for stage, cost in plan.FIXED_COST.items()}
    expected = {"train": fixed["train"] + 20, "evaluate": fixed["evaluate"] + 2, "draw": fixed["draw"]}
    assert task.seconds == pytest.approx(expected)
    assert task.total == pytest.approx(sum(expected.values()))
    assert set(plan.estimate(run, ["draw"], 100.0, 2.0).seconds) == {"draw"}


def test_a_recorded_speed_by_hand():
    settings = {"epochs": 2, "training_images": 900, "validation_images": 300}
    assert plan.recorded_speed(settings, 20.0) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "less than a minute"), (55, "about 1 min"), (89, "about 1 min"), (400, "about 7 min")]
)
def test_durations_in_words(seconds, words):
    assert plan.about(seconds) == words


@pytest.mark.parametrize(("seconds", "shown"), [(72, "1:12"), (59.6, "1:00"), (3725, "1:02:05")])
def test_clock(seconds, shown):
    assert plan.clock(seconds) == shown
