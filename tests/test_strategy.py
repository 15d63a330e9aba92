"""Several devices in step: the real training on two logical CPU devices, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.files import ROOT

SCRIPT = """
import dataclasses, json, sys
from pathlib import Path
import numpy as np
from pipeline import hardware, params, train
from pipeline.errors import Interrupted
from pipeline.stop import Stop
from tests.workspace import SMALL

tf = hardware.import_tensorflow()
from tests.test_loop import StopAt
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[2])
)
own = SMALL | {"clip_norm": None} | json.loads(sys.argv[4])
run = params.load().run(sys.argv[3])
run = dataclasses.replace(run, protocol=run.protocol.model_copy(update=own))
session = hardware.start("float32", 2, run.protocol.seed)
names = [device.name for device in tf.config.list_logical_devices("CPU")]
session = dataclasses.replace(session, strategy=hardware.strategy(names))
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (96, 28, 28, 1)).astype(np.uint8)
labels = rng.integers(0, 10, 96).astype(np.uint8)
count = run.protocol.training_images
pairs = {"train": (images[:count], labels[:count]), "validation": (images, labels)}


def trained(folder, stop):
    folder.mkdir(exist_ok=True)
    tf.keras.utils.set_random_seed(run.protocol.seed)
    training = train.prepare(run, session, pairs, folder, "key", stop)
    try:
        training.run(lambda: None)
    except Interrupted:
        return trained(folder, Stop())
    assert type(stop) is Stop  # a StopAt is interrupted
    return training


def alike(one, other):
    weights = zip(one.model.get_weights(), other.model.get_weights())
    return one.progress.history == other.progress.history and all(np.array_equal(*pair) for pair in weights)


folder = Path(sys.argv[1])
training = trained(folder / "undisturbed", Stop())
copies = [variable.value.values if int(sys.argv[2]) > 1 else [variable.value] for variable in training.model.weights]
found = {
    "replicas": session.strategy.num_replicas_in_sync,
    "resumed as it ended": alike(training, trained(folder / "undisturbed", Stop())),
    "interrupted ends alike": alike(training, trained(folder / "interrupted", StopAt(2))),
    "devices agree": all(np.array_equal(copy, first) for first, *others in copies for copy in others),
}
averages = [variable for variable in training.model.non_trainable_variables if "_bn/" in variable.path][:2]
print(json.dumps([found, training.progress.history, [variable.numpy().tolist() for variable in averages]]))
"""


def train(folder: Path, devices: int, run: str = "lenet-plain", **own: int) -> tuple[list, list]:
    """The history, and the first batch normalisation's moving mean and variance."""
    folder.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(folder), str(devices), run, json.dumps(own)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, history, averages = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "replicas": devices,
        "resumed as it ended": True,
        "interrupted ends alike": True,
        "devices agree": True,
    }
    return history, averages


def test_two_devices_train_in_step_and_save_and_restore(tmp_path: Path) -> None:
    together, _ = train(tmp_path / "two", 2)
    alone, _ = train(tmp_path / "one", 1)
    assert len(together) == len(alone) == 2
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)


def test_two_devices_share_the_moving_averages_of_batch_normalisation(tmp_path: Path) -> None:
    """After one step, the mean of both halves' means is that of the whole batch; variances are of each half's own."""
    _, (mean, variance) = train(tmp_path / "two", 2, "lenet-batchnorm", epochs=1, batch_size=96)
    _, (expected, whole) = train(tmp_path / "one", 1, "lenet-batchnorm", epochs=1, batch_size=96)
    assert mean == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert variance == pytest.approx(whole, rel=0.05)
    assert any(mean)


def test_three_devices_go_on_as_one_training(tmp_path: Path) -> None:
    """With batch normalisation, a last batch of another size, and sums that three do not share without rounding."""
    train(tmp_path / "three", 3, "lenet-batchnorm", batch_size=24, training_images=84)
