"""Why networks with batch normalisation fail on faint digits, and what helps; writes docs/contrast.json and .png.

    python -m tools.contrast

It reads validation images and the models in results/runs (`dvc checkout`), and trains lenet four times for a minute.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from models.build import build_model
from models.registry import ARCHITECTURES
from pipeline.core.paths import ROOT, run_dir
from pipeline.dataset.splits import load_split
from pipeline.figures import style
from pipeline.formats.tables import write_json
from pipeline.runtime.model_file import load_model
from pipeline.runtime.session import Session, start_session

if TYPE_CHECKING:
    import keras

FOLDER = ROOT / "docs"
FACTORS = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
IMAGES, TRAINING_IMAGES, EPOCHS = 400, 4000, 2
LEAST_CONTRAST = 0.2  # of augmentation, which draws a factor for each image from there to 1
SEED = 2018

Statistics = Mapping[str, tuple[np.ndarray, np.ndarray]]  # of batch normalisation's inputs: layer → mean, variance
STYLES = {
    "without batch normalisation": ("o-", style.BLUE),
    "with it": ("s-", style.RED),
    "with statistics of clean images": ("x:", style.GREY),
    "with statistics of the faint images": ("^--", style.GREEN),
    "short training": ("s-", style.RED),
    "short training without it": ("o-", style.BLUE),
    "short training on faint digits, too": ("D--", style.PINK),
    "short training without it on faint digits, too": ("v--", style.GREEN),
}


def forward(
    model: "keras.Model", images: np.ndarray, statistics: Statistics | str = "stored"
) -> tuple[Any, Statistics]:
    """Class probabilities of images, uint8 (N, 28, 28, 1), and the statistics that batch normalisation used.

    `statistics` are "stored", those of a former call, or "own": those of these images, as in training.
    """
    import keras
    import tensorflow as tf

    used, values = {}, tf.convert_to_tensor(images)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            mean, variance = layer.moving_mean, layer.moving_variance
            if statistics == "own":
                mean, variance = tf.nn.moments(tf.cast(values, tf.float32), list(range(values.shape.rank - 1)))
            elif statistics != "stored":
                mean, variance = statistics[layer.name]
            used[layer.name] = np.array(mean), np.array(variance)
            values = tf.nn.batch_normalization(values, mean, variance, layer.beta, layer.gamma, layer.epsilon)
        else:
            values = layer(values, training=False)
    return values.numpy(), used


def faint(images: np.ndarray, factor: float) -> np.ndarray:
    """The images with a share of their contrast."""
    return np.rint(factor * images).astype(np.uint8)


def curve(model: "keras.Model", images: np.ndarray, labels: np.ndarray, statistics: Statistics | str) -> list[float]:
    """The accuracy at each of `FACTORS`."""
    answers = [forward(model, faint(images, factor), statistics)[0].argmax(axis=1) for factor in FACTORS]
    return [float((each == labels).mean()) for each in answers]


def constants(model: "keras.Model", images: np.ndarray) -> dict[str, float]:
    """For each convolution, the part of its output that does not shrink with the contrast, relative to what does.

    The median over the channels of |constant| / standard deviation of the rest: the constant is the bias, or with batch
    normalisation beta − gamma · mean / standard deviation.
    """
    import keras
    import tensorflow as tf

    found, values, former = {}, tf.convert_to_tensor(images), None
    for layer in model.layers:
        inputs, values = values, layer(values, training=False)
        if isinstance(layer, keras.layers.Conv2D) and layer.use_bias:
            spread = np.std(values.numpy(), axis=(0, 1, 2))
            found[layer.name] = float(np.median(np.abs(layer.bias.numpy()) / spread))
        if isinstance(layer, keras.layers.BatchNormalization) and isinstance(former, keras.layers.Conv2D):
            scale = layer.gamma.numpy() / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
            spread = np.std(inputs.numpy(), axis=(0, 1, 2)) * np.abs(scale)
            constant = layer.beta.numpy() - scale * layer.moving_mean.numpy()
            found[former.name] = float(np.median(np.abs(constant) / spread))
        former = layer
    return found


def train_shortly(session: Session, augmented: bool, batch_norm: bool) -> "keras.Model":
    """Train lenet for a few hundred steps; `augmented`: each image with another contrast in each epoch."""
    import keras

    keras.utils.set_random_seed(SEED)
    images, labels = (array[:TRAINING_IMAGES] for array in load_split("train"))
    options = {"pooling": True, "dropout_scale": 0.1, "batch_norm_momentum": 0.9, "initializer": "he_normal"}
    model = build_model("lenet", ARCHITECTURES["lenet"], batch_norm=batch_norm, fused=True, **options)
    session.optimize(model)
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    for epoch in range(EPOCHS):
        rng = np.random.default_rng([SEED, epoch])
        order = rng.permutation(len(images))
        factors = rng.uniform(LEAST_CONTRAST, 1, (len(images), 1, 1, 1)) if augmented else 1.0
        model.fit(faint(images[order], factors), labels[order], batch_size=64, shuffle=False, verbose=0)
    return model


def measure() -> dict[str, Any]:
    """Every curve of the figure, and the constants of the convolutions."""
    images, labels = (array[:IMAGES] for array in load_split("validation"))
    clean = load_split("train")[0][:IMAGES]
    session = start_session("auto", "auto", SEED)
    curves: dict[str, dict[str, list[float]]] = {}
    ratios = {}
    for name in ("lenet", "vgg"):
        plain, normalised = (
            load_model(run_dir(f"{name}-{variant}") / "model.keras") for variant in ("plain", "batchnorm")
        )
        curves[name] = {
            "without batch normalisation": curve(plain, images, labels, "stored"),
            "with it": curve(normalised, images, labels, "stored"),
            "with statistics of clean images": curve(normalised, images, labels, forward(normalised, clean, "own")[1]),
            "with statistics of the faint images": curve(normalised, images, labels, "own"),
        }
        ratios |= {f"{name}-plain": constants(plain, clean), f"{name}-batchnorm": constants(normalised, clean)}
    curves["lenet, trained shortly"] = {
        label: curve(train_shortly(session, augmented, batch_norm), images, labels, "stored")
        for label, augmented, batch_norm in (
            ("short training", False, True),
            ("short training on faint digits, too", True, True),
            ("short training without it", False, False),
            ("short training without it on faint digits, too", True, False),
        )
    }
    return {"factors": FACTORS, "images": IMAGES, "accuracy": curves, "constants": ratios}


@style.applied()
def draw(found: Mapping[str, Any]) -> Figure:
    """Draw a panel for each network: accuracy against contrast."""
    drawing = style.figure(11, 4.6)
    panels = drawing.subplots(1, len(found["accuracy"]), sharey=True)
    for axes, (name, curves) in zip(panels, found["accuracy"].items(), strict=True):
        for label, accuracy in curves.items():
            line, colour = STYLES[label]
            axes.plot(found["factors"], accuracy, line, color=colour, label=label)
        axes.set_title(name)
        axes.set_xlabel("contrast")
        axes.invert_xaxis()
        axes.grid(True)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14))
    panels[0].set_ylabel(f"accuracy on {found['images']} validation images")
    return drawing


def main() -> None:
    """Measure and draw."""
    found = measure()
    write_json(FOLDER / "contrast.json", found)
    style.save(draw(found), FOLDER / "contrast.png")


if __name__ == "__main__":
    main()
