"""From an architecture and its flags to a Keras model, and what that model costs."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from models import normalization
from models.layers import Conv, Dense, Dropout, Flatten, Layer, Pool

if TYPE_CHECKING:
    import keras

CLASSES = 10
PIXELS = (28, 28, 1)


def build(
    name: str,
    architecture: Sequence[Layer],
    *,
    pooling: bool,
    dropout_scale: float,
    batch_norm: bool,
    batch_norm_momentum: float,
    initializer: str,
    fused: bool = False,
) -> "keras.Sequential":
    """The network: raw pixels in, uint8 (N, 28, 28, 1); class probabilities out, float32 (N, 10).

    `dropout_scale` multiplies every printed dropout rate; 0 leaves the layers out. Batch normalisation stands between a
    hidden layer and its ReLU, and that layer then has no bias (Ioffe & Szegedy, 2015); `batch_norm_momentum` is that of
    its moving averages, and `fused` is for a model that is trained and not saved (`models.normalization`). Layers
    compute in Keras' global dtype policy, but for the output, which is float32.
    """
    import keras

    norm = normalization.fused() if fused else keras.layers.BatchNormalization
    norm = partial(norm, momentum=batch_norm_momentum) if batch_norm else None

    layers = [
        keras.Input(PIXELS, dtype="uint8", name="pixels"),
        keras.layers.Rescaling(1 / 255, name="scale"),
    ]
    counts: dict[str, int] = {}
    for layer in architecture:
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        layer_name = f"{kind}{counts[kind]}"
        if isinstance(layer, Conv | Dense):
            layers += _hidden(layer, layer_name, norm, initializer)
        elif isinstance(layer, Pool) and pooling:
            layers.append(keras.layers.MaxPooling2D(2, name=layer_name))
        elif isinstance(layer, Dropout) and dropout_scale > 0:
            layers.append(keras.layers.Dropout(layer.rate * dropout_scale, name=layer_name))
        elif isinstance(layer, Flatten):
            layers.append(keras.layers.Flatten(name=layer_name))
    layers.append(
        keras.layers.Dense(
            CLASSES, activation="softmax", kernel_initializer="glorot_uniform", dtype="float32", name="output"
        )
    )
    return keras.Sequential(layers, name=name)


def _hidden(layer: Conv | Dense, name: str, norm: Callable | None, initializer: str) -> Iterator["keras.Layer"]:
    """The layer, its batch normalisation if `norm` makes one, and its ReLU."""
    import keras

    options = {"use_bias": norm is None, "kernel_initializer": initializer, "name": name}
    if isinstance(layer, Conv):
        yield keras.layers.Conv2D(layer.filters, layer.size, **options)
    else:
        yield keras.layers.Dense(layer.units, **options)
    if norm:
        yield norm(name=f"{name}_bn")
    yield keras.layers.ReLU(name=f"{name}_relu")


def summary(model: "keras.Sequential") -> list[dict]:
    """One row a layer: its name, type, output shape, parameters and multiply-accumulates for one image."""
    return [
        {
            "layer": layer.name,
            "type": type(layer).__name__,
            "output_shape": "×".join(str(size) for size in layer.output.shape[1:]),
            "parameters": layer.count_params(),
            "multiply_accumulates": _multiply_accumulates(layer),
        }
        for layer in model.layers
    ]


def _multiply_accumulates(layer: "keras.Layer") -> int:
    """A kernel weight is used once for each output position; what has no kernel counts as nothing."""
    if not hasattr(layer, "kernel"):
        return 0
    positions = 1
    for size in layer.output.shape[1:-1]:
        positions *= size
    weights = 1
    for size in layer.kernel.shape:
        weights *= size
    return positions * weights
