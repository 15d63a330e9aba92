"""Several devices in step: the real training on logical CPU devices, in a process of its own."""

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
from pipeline import hardware, params, train
from pipeline.errors import Interrupted
from pipeline.stop import Stop
from tests.workspace import SMALL

tf = hardware.import_tensorflow()
import keras
from tests.unit.training.test_trainer import StopAt
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[2])
)
session = hardware.start("float32", 2, 0)
names = [device.name for device in tf.config.list_logical_devices("CPU")]
session = dataclasses.replace(session, strategy=hardware.strategy(names))
folders = (Path(sys.argv[1]) / str(number) for number in itertools.count())
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (96, 28, 28, 1)).astype(np.uint8)
labels = rng.integers(0, 10, 96).astype(np.uint8)


def trained(name, own, stop=Stop(), folder=None):
    folder = folder or next(folders)
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    run = params.load().run(name)
    run = dataclasses.replace(run, protocol=run.train.model_copy(update=SMALL | {"clip_norm": None} | own))
    count = run.train.training_images
    pairs = {"train": (images[:count], labels[:count]), "validation": (images, labels)}
    training = train.prepare(run, session, pairs, folder, "key", stop)
    try:
        training.run(lambda: None)
    except Interrupted:
        return trained(name, own, folder=folder)
    assert type(stop) is Stop  # a StopAt is interrupted
    return training


def alike(one, other):
    weights = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return one.progress.history == other.progress.history and all(np.array_equal(*pair) for pair in weights)


def agree(training):
    copies = [variable.value.values for variable in training.model.weights]
    return all(np.array_equal(copy, first) for first, *others in copies for copy in others)


if len(names) < 3:
    one_step = trained("lenet-batchnorm", {"epochs": 1, "batch_size": 96}).model.get_layer("conv1_bn")
    averages = [average.numpy().tolist() for average in (one_step.moving_mean, one_step.moving_variance)]
    found = {"history": trained("lenet-plain", {}).progress.history, "averages": averages}
else:
    case = "lenet-batchnorm", {"epochs": 1, "batch_size": 24, "training_images": 84}
    ended = trained(*case)
    found = {
        "devices agree": agree(ended),
        "resumed as it ended": alike(ended, trained(*case, folder=ended.folder)),
        "interrupted ends alike": alike(ended, trained(*case, StopAt(2))),
    }
print(json.dumps(found | {"devices": session.strategy.num_replicas_in_sync}))
"""


@pytest.fixture(scope="module")
def on(tmp_path_factory):
    """What trainings on that many devices ended with."""

    @cache
    def run(devices):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("strategy")), str(devices)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found.pop("devices") == devices
        return found

    return run


def test_two_devices_train_in_step(on):
    alone, together = (on(devices)["history"] for devices in (1, 2))
    assert len(alone) == len(together) == 2
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)


def test_the_moving_averages_are_the_mean_of_what_each_device_saw(on):
    """After one step, the mean of both halves' means is that of the whole batch; variances are of each half's own."""
    (mean, variance), (of_halves, of_each) = (on(devices)["averages"] for devices in (1, 2))
    assert any(mean)
    assert of_halves == pytest.approx(mean, rel=1e-4, abs=1e-7)
    assert of_each == pytest.approx(variance, rel=0.05)


def test_three_devices_agree_and_go_on_as_one_training(on):
    """With a last batch of another size, and sums of metrics that three do not share without rounding."""
    assert on(3) == {"devices agree": True, "resumed as it ended": True, "interrupted ends alike": True}
