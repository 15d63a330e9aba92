"""The files of a run that never was, made up from a seed; tests/support/study.py makes whole runs of them."""

import csv
import io
import json
import zipfile

import h5py
import numpy as np
from scipy import stats


def write_json(path, value):
    path.write_text(json.dumps(value))


def write_csv(path, rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue())


def write_history(path, validation):
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
    write_csv(path / "history.csv", rows)


def write_weights(path, layers, epochs, draw):
    """Moments, histograms, and the model if there are weights to put into it; `layers` maps a name to a shape."""
    rows, histograms = [], {}
    drawn = {layer: draw(shape).astype(np.float32) for layer, shape in layers.items()} if draw else {}
    for layer, shape in layers.items():
        initial = stats.truncnorm.rvs(-2, 2, size=shape, random_state=4)
        before, after = (weight_statistics(array) for array in (initial, drawn.get(layer, initial)))
        versions = [before, *[after] * epochs]
        counted = {key: [counts[key] for _, counts in versions] for key in ("below", "above", "counts")}
        histograms[layer] = {"low": -4.0, "high": 4.0} | counted
        rows += [
            {"epoch": epoch, "layer": layer, **moments, "change": epoch / 10}
            for epoch, (moments, _) in enumerate(versions)
        ]
    write_csv(path / "weights.csv", sorted(rows, key=lambda row: row["epoch"]))
    write_json(path / "histograms.json", histograms)
    if draw:
        stream = io.BytesIO()
        with h5py.File(stream, "w") as stored:
            for place, (layer, shape) in enumerate(layers.items()):
                group = stored.create_group(f"layers/thing_{place}/vars")
                group.attrs["name"] = layer
                group["0"], group["1"] = drawn[layer], np.zeros(shape[-1], np.float32)
        with zipfile.ZipFile(path / "model.keras", "w") as archive:
            archive.writestr("model.weights.h5", stream.getvalue())


def weight_statistics(weights):
    """The moments of an array, and its counts in 64 bins from -4 to 4, and beyond them."""
    weights = weights.ravel().astype(float)
    mean, deviation = weights.mean(), weights.std()
    z = (weights - mean) / deviation
    moments = {
        "mean": mean,
        "standard_deviation": deviation,
        "skew": (z**3).mean(),
        "excess_kurtosis": (z**4).mean() - 3,
    }
    counts = np.histogram(weights, np.linspace(-4, 4, 65))[0].tolist()
    return moments, {"below": int((weights < -4).sum()), "above": int((weights > 4).sum()), "counts": counts}


def write_predictions(path, actual, errors, val_accuracy, test_index=None):
    """Predictions, probabilities and metrics; the run's name is the seed.

    Of all images in order, as older results have it, or of those in `test_index`.
    """
    actual = actual if test_index is None else actual[list(test_index)]
    images, rng = len(actual), np.random.default_rng(sum(map(ord, path.name)))
    odds = np.exp(-np.arange(images) / (images / 20))
    wrong = rng.choice(images, errors, replace=False, p=odds / odds.sum())
    predicted = actual.copy()
    predicted[wrong] = (predicted[wrong] + rng.integers(1, 10, errors)) % 10
    probabilities = np.full((images, 10), 0.02, np.float32)
    probabilities[np.arange(images), predicted] = rng.uniform(0.5, 1, images)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    np.save(path / "probabilities.npy", probabilities)
    columns = {"actual": actual.tolist(), "predicted": predicted.tolist()}
    columns = columns if test_index is None else {"image": list(test_index)} | columns
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]  # ten thousand: `write_csv` takes five times as long
    (path / "predictions.csv").write_text("".join(",".join(map(str, row)) + "\r\n" for row in rows))
    loss = -np.log(probabilities[np.arange(images), actual].astype(float)).mean()
    metrics = {"val_loss": 1.5 * (1 - val_accuracy), "val_accuracy": val_accuracy, "test_loss": float(loss)}
    write_json(
        path / "metrics.json",
        metrics | {"test_accuracy": 1 - errors / images, "test_errors": errors, "test_images": images},
    )


def write_stress(path, accuracy, images=40):
    """Write stress.csv: two corruptions in three severities, and another source; `accuracy` of each is right."""
    rows = [("blur", 1), ("blur", 2), ("blur", 3), ("shear", 1), ("shear", 2), ("shear", 3), ("other_source", 1)]
    lines = ["corruption,severity,images,accuracy,actual,predicted"]
    for number, (name, severity) in enumerate(rows):
        rng = np.random.default_rng(number)
        actual = rng.integers(0, 10, images)
        predicted = np.where(rng.random(images) < accuracy, actual, (actual + 1) % 10)
        digits = ",".join("".join(map(str, each)) for each in (actual, predicted))
        lines.append(f"{name},{severity},{images},{(actual == predicted).mean()},{digits}")
    (path / "stress.csv").write_text("\n".join(lines) + "\n")
