"""Results of runs that never were: complete folders in `results/runs`, made up from a seed."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.reporting.published import load_published
from tests.support.study_files import write_history, write_json, write_predictions, write_stress, write_weights

SETTINGS = {
    "seed": 2018,
    "epochs": 3,
    "training_images": 12000,
    "validation_data": "validation",
    "validation_images": 5000,
    "batch_size": 64,
    "optimizer": "adam",
    "learning_rate": 0.002,
    "dropout_scale": 0.3,
}
COSTS = {  # parameters and multiply-accumulates
    "lenet": (716_234, 37_656_320),
    "vgg": (2_128_650, 79_011_392),
    "custom": (56_753_866, 2_927_241_216),
}
LAYERS = {"conv1": (3, 3, 1, 40), "dense1": (90, 60), "output": (60, 10)}
VARIANTS = {
    "plain": (True, False, False),
    "dropout": (True, True, False),
    "batchnorm": (True, True, True),
    "nopool": (False, False, False),
}
IMAGES = 10_000
MNIST = load_published().data_digest or "c" * 64
ENVIRONMENT = {
    "training_id": "a" * 32,
    "started": 1_700_000_000.0,
    "git": {"git_commit": "b" * 40, "git_clean": True, "experiment": None},
    "seconds": 61.4,
    "host": "elsewhere",
    "versions": {"keras": "3.15.1", "numpy": "2.4.6"},
    "hardware": {"processor": "Some CPU", "cores": 4, "bfloat16": ["amx_bf16"], "gpus": [{"name": "Some GPU"}]},
    "precision": "float32",
    "threads": 2,
    "epochs": [{"epoch": epoch, "seconds": 20.0, "finished": 1_700_000_000.0 + 20 * epoch} for epoch in (1, 2, 3)],
    "complete": True,
    "system": None,
}


def labels(images=IMAGES):
    """The digits of the test images, the same for all runs."""
    return np.random.default_rng(1).integers(0, 10, images).astype(np.uint8)


def normal(shape):
    """Weights that look normal."""
    return np.random.default_rng(4).normal(size=shape)


def uniform(shape):
    """Weights that do not."""
    return np.random.default_rng(4).uniform(-1, 1, shape)


@cache
def blank_picture():
    """A PNG."""
    stream = io.BytesIO()
    Image.new("RGB", (640, 420), "white").save(stream, "PNG")
    return stream.getvalue()


def write_run(folder, run, *, errors=100, validation=(0.95, 0.985, 0.992), flags=None, weights=None, **settings):
    """Write the run's folder; its architecture and flags are those of its name unless given.

    `errors` of the test images are wrong, mostly the first ones, so that runs share mistakes; `validation` is the
    accuracy after each epoch; `weights` draws an array of a shape, and without it there is no model.
    `images`, `environment` and `architecture` may be among the settings, and `test_index`, the images scored on, and
    `stress`, the accuracy on corrupted images.
    """
    images, environment = settings.pop("images", IMAGES), settings.pop("environment", {})
    test_index, stress = settings.pop("test_index", None), settings.pop("stress", None)
    architecture = settings.pop("architecture", run.split("-")[0])
    flags = flags or VARIANTS[run.split("-")[1]]
    path = Path(folder) / run
    path.mkdir(parents=True)
    settings = SETTINGS | {"epochs": len(validation)} | settings
    parameters, macs = COSTS.get(architecture, (1000, 1000))
    record = {
        "run": run,
        "input_key": "d" * 64,
        "data_digest": settings.pop("data_digest", MNIST),
        "architecture": architecture,
        **dict(zip(("pooling", "dropout", "batch_norm"), flags, strict=True)),
        "protocol": "notebook" if settings["validation_data"] == "test" else "fast",
        "settings": settings,
        "parameters": parameters,
        "multiply_accumulates": macs,
        "layers": [],
    }
    write_json(path / "run.json", record)
    write_json(path / "environment.json", ENVIRONMENT | environment)
    write_history(path, validation)
    write_weights(path, LAYERS, len(validation), weights)
    write_predictions(path, labels(images), errors, validation[-1], test_index)
    if stress is not None:
        write_stress(path, stress)
    for name in ("loss.png", "weights.png", "confusion_matrix.png", "mistakes.png"):
        (path / name).write_bytes(blank_picture())
    return path


def write_study(folder, **changes):
    """Ten runs of the three networks; `changes` maps a run, with _ for -, to its arguments."""
    names = [f"{network}-{kind}" for network in COSTS for kind in ("plain", "dropout", "batchnorm")]
    names.insert(3, "vgg-nopool")
    for index, run in enumerate(names):
        write_run(
            folder,
            run,
            **({"errors": 100 + 10 * index, "stress": 0.9 - 0.03 * index} | changes.get(run.replace("-", "_"), {})),
        )
    return names
