"""Small checkpoints for tests, which say in their step which one they are."""

import numpy as np

from pipeline.resume import checkpoint
from pipeline.training.progress import Progress

IDENTITY = {"input_key": "abc", "precision": "float32", "threads": 2, "keras": "3.15.1"}


def arrays(number):
    return [
        np.full((3, 2), number, np.float32),
        np.array(number, np.int64),
        np.array([number, 2**32 - 1], np.uint32),
    ]


def progress(step):
    made = Progress()
    row = {"train_loss": 0.1 + 0.2, "val_accuracy": 1 / 3, "learning_rate": 1e-3}
    made.add_epoch(row, {"conv1": np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3, 1, 1)}, 1_700_000_000.1234)
    made.step = step
    made.system.append({"at": 1.0, "cpu": 50.5})
    return made


def save(folder, number):
    checkpoint.save_checkpoint(folder, IDENTITY, progress(number), arrays(number))


def loaded(folder):
    """The number of the checkpoint that is loaded."""
    found, values = checkpoint.load_checkpoint(folder, IDENTITY)
    assert [array.tolist() for array in values] == [array.tolist() for array in arrays(found.step)]
    return found.step


def names(folder):
    return sorted(path.name for path in folder.iterdir())
