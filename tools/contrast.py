"""Why networks with batch normalisation fail on faint digits, and what helps; writes docs/contrast.json and .png.

    python -m tools.contrast

It reads validation images and the models in results/runs (`dvc checkout`), and trains lenet five times, briefly.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from pipeline.config.params import load_params
from pipeline.core.paths import ROOT, run_dir
from pipeline.dataset.augmentation import epoch_data
from pipeline.dataset.batches import TEST_BATCH_SIZE, make_dataset
from pipeline.dataset.splits import load_split
from pipeline.figures import style
from pipeline.formats.tables import write_json
from pipeline.runtime.model_file import load_model
from pipeline.runtime.session import Session, start_session
from pipeline.stress import score
from pipeline.train import build_run_model
from pipeline.training.optimizers import compile_model

if TYPE_CHECKING:
    import keras

FOLDER = ROOT / "docs"
FACTORS = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
IMAGES, TRAINING_IMAGES = 400, 4000
SEED = 2018

Statistics = Mapping[str, tuple[np.ndarray, np.ndarray]]  # of batch normalisation's inputs: layer → mean, variance
STYLES = {
    "without batch normalisation": ("o-", style.BLUE),
    "with it": ("s-", style.RED),
    "with statistics of clean images": ("x:", style.GREY),
    "with statistics of the faint images": ("^--", style.GREEN),
    "fast": ("s-", style.RED),
    "fast on faint digits, too": ("D--", style.PINK),
    "fast on faint digits that are moved more": ("^:", style.GREEN),
    "fast without batch normalisation": ("o-", style.BLUE),
    "the same on faint digits that are moved more": ("v:", style.GREY),
}
FAINT, MOVED = {"min_contrast": 0.2}, {"max_shift": 2}
RECIPES = dict(  # a run of params.yaml, and what is changed of its settings
    zip(
        list(STYLES)[4:],
        (
            ("lenet-batchnorm", {}),
            ("lenet-batchnorm", FAINT),
            ("lenet-batchnorm", FAINT | MOVED),
            ("lenet-plain", {}),
            ("lenet-plain", FAINT | MOVED),
        ),
        strict=True,
    )
)


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


def train_shortly(name: str, session: Session, **changes: Any) -> "keras.Model":
    """Train the run `name` of lenet as its protocol says, but on fewer images, and with `changes` of its settings."""
    import keras

    run = load_params().run(name)
    config = run.train.model_copy(update={"training_images": TRAINING_IMAGES} | changes)
    keras.utils.set_random_seed(config.seed)
    images, labels = (array[:TRAINING_IMAGES] for array in load_split("train"))
    model = build_run_model(dataclasses.replace(run, train=config), fused=True)
    session.optimize(model)
    compile_model(model, config)
    for epoch in range(config.epochs):
        model.fit(make_dataset(config.batch_size, *epoch_data(images, labels, config, epoch)), shuffle=False, verbose=0)
    return model


def measure_recipes(session: Session) -> tuple[dict[str, list[float]], dict[str, dict[str, float]]]:
    """For each of `RECIPES` its curve, and its accuracy on validation images, as they are and corrupted."""
    images, labels = load_split("validation")
    corrupted = score.load_arrays("validation")
    curves, scores = {}, {}
    for label, (run, changes) in RECIPES.items():
        model = train_shortly(run, session, **changes)

        def answers(wanted: np.ndarray, model: "keras.Model" = model) -> np.ndarray:
            return model.predict(make_dataset(TEST_BATCH_SIZE, wanted), verbose=0).argmax(axis=1)

        rows = score.score_rows(answers, corrupted, corrupted["labels"].shape[-1])
        scores[label] = {
            "accuracy": float((answers(images) == labels).mean()),
            "stress": score.accuracies(rows)["mean_accuracy"],
        }
        curves[label] = curve(model, images[:IMAGES], labels[:IMAGES], "stored")
    return curves, scores


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
    curves["lenet, short trainings"], recipes = measure_recipes(session)
    return {"factors": FACTORS, "images": IMAGES, "accuracy": curves, "constants": ratios, "recipes": recipes}


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
