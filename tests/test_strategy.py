"""Several devices in step: the real training on two logical CPU devices, in a process of its own."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.files import ROOT

SCRIPT = """
import dataclasses, json, sys
from pathlib import Path
import numpy as np
from pipeline import hardware, params, train
from pipeline.stop import Stop
from tests.workspace import SMALL

tf = hardware.import_tensorflow()
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[2])
)
run = params.load().run("lenet-plain")
run = dataclasses.replace(run, protocol=run.protocol.model_copy(update=SMALL | {"clip_norm": None}))
session = hardware.start("float32", 2, run.protocol.seed)
names = [device.name for device in tf.config.list_logical_devices("CPU")]
session = dataclasses.replace(session, strategy=hardware.strategy(names))
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (96, 28, 28, 1)).astype(np.uint8)
pair = (images, rng.integers(0, 10, 96).astype(np.uint8))
folder = Path(sys.argv[1])
training = train.prepare(run, session, {"train": pair, "validation": pair}, folder, "key", Stop())
training.run(lambda: None)
resumed = train.prepare(run, session, {"train": pair, "validation": pair}, folder, "key", Stop())
resumed.run(lambda: None)
same = all(np.array_equal(a, b) for a, b in zip(training.model.get_weights(), resumed.model.get_weights()))
print(json.dumps([session.strategy.num_replicas_in_sync, training.progress.epoch, same, training.progress.history]))
"""


def train(folder: Path, devices: int) -> list:
    folder.mkdir()
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(devices)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_two_devices_train_in_step_and_save_and_restore(tmp_path: Path) -> None:
    replicas, epochs, same, together = train(tmp_path / "two", 2)
    assert (replicas, epochs, same) == (2, 2, True)
    replicas, epochs, same, alone = train(tmp_path / "one", 1)
    assert (replicas, epochs, same) == (1, 2, True)
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-3)
