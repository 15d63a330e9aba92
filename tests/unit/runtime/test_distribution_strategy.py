"""Several devices train in step: real trainings on logical CPU devices, in processes of their own."""

import json
import subprocess
import sys
from functools import cache

import pytest

from pipeline.core.paths import ROOT

SCRIPT = """
import dataclasses, itertools, json, sys
from pathlib import Path
import numpy as np
from pipeline import train
from pipeline.config.params import load_params
from pipeline.core.errors import Interrupted
from pipeline.resume.interruption import InterruptHandler
from pipeline.runtime.session import distribution_strategy, import_tensorflow, start_session
from tests.support.workspace import SMALL

tf = import_tensorflow()
import keras
from tests.unit.training.test_trainer import StopAt
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[2])
)
session = start_session("float32", 2, 0)
names = [device.name for device in tf.config.list_logical_devices("CPU")]
session = dataclasses.replace(session, strategy=distribution_strategy(names))
folders = (Path(sys.argv[1]) / str(number) for number in itertools.count())
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (96, 28, 28, 1)).astype(np.uint8)
labels = rng.integers(0, 10, 96).astype(np.uint8)


def trained(name, changes, interrupts=InterruptHandler(), folder=None):
    folder = folder or next(folders)
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    run = load_params().run(name)
    run = dataclasses.replace(run, train=run.train.model_copy(update=SMALL | {"clip_norm": None} | changes))
    count = run.train.training_images
    data = {"train": (images[:count], labels[:count]), "validation": (images, labels)}
    trainer = train.make_trainer(run, session, data, folder, "key", interrupts)
    try:
        trainer.run(lambda: None)
    except Interrupted:
        return trained(name, changes, folder=folder)
    assert type(interrupts) is InterruptHandler  # a StopAt interrupts
    return trainer


def equal(one, other):
    weights = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return one.progress.history == other.progress.history and all(np.array_equal(*pair) for pair in weights)


def devices_agree(trainer):
    copies = [variable.value.values for variable in trainer.model.weights]
    return all(np.array_equal(copy, first) for first, *others in copies for copy in others)


if len(names) < 3:
    one_step = trained("lenet-batchnorm", {"epochs": 1, "batch_size": 96}).model.get_layer("conv1_bn")
    averages = [average.numpy().tolist() for average in (one_step.moving_mean, one_step.moving_variance)]
    found = {"history": trained("lenet-plain", {}).progress.history, "averages": averages}
else:
    case = "lenet-batchnorm", {"epochs": 1, "batch_size": 24, "training_images": 84}
    ended = trained(*case)
    found = {
        "devices agree": devices_agree(ended),
        "resumed after the end": equal(ended, trained(*case, folder=ended.folder)),
        "interrupted and resumed": equal(ended, trained(*case, StopAt(2))),
    }
print(json.dumps(found | {"devices": session.strategy.num_replicas_in_sync}))
"""


@pytest.fixture(scope="module")
def train_on(tmp_path_factory):
    """A function that returns the results of trainings on a number of devices."""

    @cache
    def run(devices):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("strategy")), str(devices)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found.pop("devices") == devices
        return found

    return run


def test_two_devices_train_in_step(train_on):
    alone, together = (train_on(devices)["history"] for devices in (1, 2))
    assert len(alone) == len(together) == 2
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)


def test_moving_averages_are_the_mean_over_devices(train_on):
    """After one step, the average mean equals that of one device; each variance is about its own half's mean."""
    (mean, variance), (halves_mean, halves_variance) = (train_on(devices)["averages"] for devices in (1, 2))
    assert any(mean)
    assert halves_mean == pytest.approx(mean, rel=1e-4, abs=1e-7)
    assert halves_variance == pytest.approx(variance, rel=0.05)


def test_three_devices_agree_and_resume_exactly(train_on):
    """With a smaller last batch, and with sums of metrics that cannot be divided by three without rounding."""
    assert train_on(3) == {"devices agree": True, "resumed after the end": True, "interrupted and resumed": True}
