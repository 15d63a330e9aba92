"""Several devices train in step: real trainings on logical CPU devices, in processes of their own."""

import json
import subprocess
import sys

import pytest

from pipeline.core.paths import ROOT

pytestmark = pytest.mark.slow

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
begun = start_session("float32", 2, 0)
names = [device.name for device in tf.config.list_logical_devices("CPU")]
alone, together = (dataclasses.replace(begun, strategy=distribution_strategy(chosen)) for chosen in (names[:1], names))
assert (alone.strategy.num_replicas_in_sync, together.strategy.num_replicas_in_sync) == (1, len(names))
folders = (Path(sys.argv[1]) / str(number) for number in itertools.count())
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (96, 28, 28, 1)).astype(np.uint8)
labels = rng.integers(0, 10, 96).astype(np.uint8)


def trained(session, name, changes, interrupts=InterruptHandler(), folder=None):
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
        return trained(session, name, changes, folder=folder)
    assert type(interrupts) is InterruptHandler  # a StopAt interrupts
    return trainer


def equal(one, other):
    weights = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return one.progress.history == other.progress.history and all(np.array_equal(*pair) for pair in weights)


def devices_agree(trainer):
    copies = [variable.value.values for variable in trainer.model.weights]
    return all(np.array_equal(copy, first) for first, *others in copies for copy in others)


def history_and_averages(session):
    one_step = trained(session, "lenet-batchnorm", {"epochs": 1, "batch_size": 96}).model.get_layer("conv1_bn")
    averages = [average.numpy().tolist() for average in (one_step.moving_mean, one_step.moving_variance)]
    return {"history": trained(session, "lenet-plain", {}).progress.history, "averages": averages}


if len(names) == 2:  # a process can use one number of devices only, besides one
    found = [history_and_averages(session) for session in (alone, together)]
else:
    case = together, "lenet-batchnorm", {"epochs": 1, "batch_size": 24, "training_images": 84}
    ended = trained(*case)
    interrupted = trained(*case, StopAt(2))
    found = {"devices agree": devices_agree(ended), "interrupted and resumed": equal(ended, interrupted)}
print(json.dumps(found))
"""


def train_on(devices, folder):
    """What trainings on so many devices found; with two, on one device as well."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(devices)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def one_and_two(tmp_path_factory):
    """What trainings on one device and on two found."""
    return train_on(2, tmp_path_factory.mktemp("strategy"))


def test_two_devices_train_in_step(one_and_two):
    alone, together = (devices["history"] for devices in one_and_two)
    assert len(alone) == len(together) == 2
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)


def test_moving_averages_are_the_mean_over_devices(one_and_two):
    """After one step, the average mean equals that of one device; each variance is about its own half's mean."""
    (mean, variance), (halves_mean, halves_variance) = (devices["averages"] for devices in one_and_two)
    assert any(mean)
    assert halves_mean == pytest.approx(mean, rel=1e-4, abs=1e-7)
    assert halves_variance == pytest.approx(variance, rel=0.05)


def test_three_devices_agree_and_resume_exactly(tmp_path):
    """With a smaller last batch, and with sums of metrics that cannot be divided by three without rounding."""
    assert train_on(3, tmp_path) == {"devices agree": True, "interrupted and resumed": True}
