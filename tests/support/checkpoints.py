"""Small checkpoints for tests; the step in each one says which it is."""

import numpy as np

from pipeline.resume import checkpoint

IDENTITY = {"input_key": "abc", "precision": "float32", "threads": 2, "keras": "3.15.1"}


def arrays(number):
    return [
        np.full((3, 2), number, np.float32),
        np.array(number, np.int64),
        np.array([number, 2**32 - 1], np.uint32),
    ]


def progress(step):
    history = [{"epoch": 1, "train_loss": 0.1 + 0.2, "val_accuracy": 1 / 3, "learning_rate": 1e-3}]
    histograms = {"conv1": {"low": -1 / 7, "high": 1 / 7, "counts": [[0, 9]]}}
    return {"epoch": 1, "step": step, "trained": None, "history": history, "histograms": histograms}


def save(folder, number):
    checkpoint.save_checkpoint(folder, IDENTITY, progress(number), arrays(number))


def loaded(folder):
    """The number of the checkpoint that is loaded."""
    found, values = checkpoint.load_checkpoint(folder, IDENTITY)
    assert [array.tolist() for array in values] == [array.tolist() for array in arrays(found["step"])]
    return found["step"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())
