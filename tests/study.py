"""Results of runs that never were: complete folders in `results/runs`, made up from a seed."""

import csv
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

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
}


def labels(images=IMAGES):
    """The digits of the test images, the same for all runs."""
    return np.random.default_rng(1).integers(0, 10, images).astype(np.uint8)


def write_run(folder, run, *, errors=100, validation=(0.95, 0.985, 0.992), flags=None, weights=None, **settings):
    """Write the run's folder; its architecture and flags are those of its name unless given.

    `errors` of the test images are wrong, mostly the first ones, so that runs share mistakes; `validation` is the
    accuracy after each epoch; `weights` draws an array of a shape, and without it there is no model.
    `images`, `environment` and `architecture` may be among the settings.
    """
    images, environment = settings.pop("images", IMAGES), settings.pop("environment", {})
    architecture = settings.pop("architecture", run.split("-")[0])
    flags = flags or VARIANTS[run.split("-")[1]]
    path = Path(folder) / run
    path.mkdir(parents=True)
    settings = SETTINGS | {"epochs": len(validation)} | settings
    parameters, macs = COSTS.get(architecture, (1000, 1000))
    record = {
        "run": run,
        "data_digest": "c" * 64,
        "architecture": architecture,
        **dict(zip(("pooling", "dropout", "batch_norm"), flags, strict=True)),
        "protocol": "notebook" if settings["validation_data"] == "test" else "fast",
        "settings": settings,
        "parameters": parameters,
        "multiply_accumulates": macs,
    }
    _json(path / "run.json", record)
    _json(path / "environment.json", ENVIRONMENT | environment)
    _history(path, validation)
    _weights(path, len(validation), weights)
    _predictions(path, run, errors, images, validation)
    for name in ("loss.png", "weights.png", "confusion_matrix.png"):
        Image.new("RGB", (640, 420), "white").save(path / name)
    return path


def write_study(folder, **changes):
    """Ten runs of the three networks; `changes` maps a run, with _ for -, to its arguments."""
    names = [f"{network}-{kind}" for network in COSTS for kind in ("plain", "dropout", "batchnorm")]
    names.insert(3, "vgg-nopool")
    for index, run in enumerate(names):
        write_run(folder, run, **({"errors": 100 + 10 * index} | changes.get(run.replace("-", "_"), {})))
    return names


def _json(path, value):
    path.write_text(json.dumps(value))


def _csv(path, rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue())


def _history(path, validation):
    rows = [
        {
            "epoch": epoch,
            "train_loss": 0.6 / epoch,
            "train_accuracy": value - 0.02,
            "val_loss": 1.5 * (1 - value),
            "val_accuracy": value,
            "learning_rate": 0.001,
        }
        for epoch, value in enumerate(validation, 1)
    ]
    _csv(path / "history.csv", rows)


def _weights(path, epochs, draw):
    """Moments, histograms, and the model if there are weights to put into it."""
    rows, histograms = [], {}
    for layer in LAYERS:
        bins = np.exp(-(np.linspace(-4, 4, 128) ** 2) / 2)
        counts = [(1000 * bins ** (1 + epoch)).astype(int).tolist() for epoch in range(epochs)]
        histograms[layer] = {"low": -0.5, "high": 0.5, "counts": counts}
        moments = {"mean": 0.0, "standard_deviation": 0.1, "skew": 0.01, "excess_kurtosis": 0.02}
        rows += [{"epoch": epoch, "layer": layer, **moments} for epoch in range(1, epochs + 1)]
    _csv(path / "weights.csv", sorted(rows, key=lambda row: row["epoch"]))
    _json(path / "histograms.json", histograms)
    if draw:
        stream = io.BytesIO()
        with h5py.File(stream, "w") as stored:
            for place, (layer, shape) in enumerate(LAYERS.items()):
                group = stored.create_group(f"layers/thing_{place}/vars")
                group.attrs["name"] = layer
                group["0"], group["1"] = draw(shape).astype(np.float32), np.zeros(shape[-1], np.float32)
        with zipfile.ZipFile(path / "model.keras", "w") as archive:
            archive.writestr("model.weights.h5", stream.getvalue())


def _predictions(path, run, errors, images, validation):
    rng = np.random.default_rng(sum(map(ord, run)))
    actual = labels(images)
    odds = np.exp(-np.arange(images) / (images / 20))
    wrong = rng.choice(images, errors, replace=False, p=odds / odds.sum())
    predicted = actual.copy()
    predicted[wrong] = (predicted[wrong] + rng.integers(1, 10, errors)) % 10
    probabilities = np.full((images, 10), 0.02, np.float32)
    probabilities[np.arange(images), predicted] = rng.uniform(0.5, 1, images)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    np.save(path / "probabilities.npy", probabilities)
    _csv(path / "predictions.csv", [{"actual": a, "predicted": p} for a, p in zip(actual, predicted, strict=True)])
    loss = -np.log(probabilities[np.arange(images), actual].astype(float)).mean()
    metrics = {"val_loss": 1.5 * (1 - validation[-1]), "val_accuracy": validation[-1], "test_loss": float(loss)}
    _json(path / "metrics.json", metrics | {"test_accuracy": 1 - errors / images, "test_errors": errors})
