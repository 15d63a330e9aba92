"""Build a Keras model from an architecture list, and summarise its layers."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.constants import INPUT_SHAPE, NUM_CLASSES
from models.layers import Conv, Dense, Dropout, Flatten, Layer, Pool
from models.ops.batch_normalization import fused_batch_normalization

if TYPE_CHECKING:
    import keras


def build_model(
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
    """Build a network from raw pixels, uint8 (N, 28, 28, 1), to class probabilities, float32 (N, 10).

    All layers compute in Keras' global dtype policy, except the output layer, which computes in float32.

    Args:
        name: Name of the Keras model.
        architecture: The hidden layers.
        pooling: Whether to include the pooling layers.
        dropout_scale: Multiplies every dropout rate; 0 leaves the dropout layers out.
        batch_norm: Whether to add batch normalisation.
        batch_norm_momentum: Momentum of its moving averages.
        initializer: Keras name of the hidden layers' kernel initialiser.
        fused: Train with the fused batch normalisation of `models.ops`; such a model must not be saved.
    """
    import keras

    norm = fused_batch_normalization() if fused else keras.layers.BatchNormalization
    norm = partial(norm, momentum=batch_norm_momentum) if batch_norm else None
    layers = [
        keras.Input(INPUT_SHAPE, dtype="uint8", name="pixels"),
        keras.layers.Rescaling(1 / 255, name="scale"),
        *_hidden_layers(architecture, pooling, dropout_scale, norm, initializer),
        keras.layers.Dense(
            NUM_CLASSES, activation="softmax", kernel_initializer="glorot_uniform", dtype="float32", name="output"
        ),
    ]
    return keras.Sequential(layers, name=name)


def _hidden_layers(
    architecture: Sequence[Layer], pooling: bool, dropout_scale: float, norm: Callable | None, initializer: str
) -> Iterator["keras.Layer"]:
    """The Keras layers of an architecture list, named by type and position, such as conv1, conv1_bn and conv1_relu.

    Batch normalisation, made by `norm`, comes before the ReLU, and the layer before it has no bias (Ioffe & Szegedy,
    2015). A layer keeps its name when the pooling or dropout layers are left out.
    """
    import keras

    options = {"use_bias": norm is None, "kernel_initializer": initializer}
    counts: Counter[str] = Counter()
    for layer in architecture:
        kind = type(layer).__name__.lower()
        counts[kind] += 1
        name = f"{kind}{counts[kind]}"
        match layer:
            case Conv(filters, size):
                yield keras.layers.Conv2D(filters, size, name=name, **options)
            case Dense(units):
                yield keras.layers.Dense(units, name=name, **options)
            case Pool() if pooling:
                yield keras.layers.MaxPooling2D(2, name=name)
            case Dropout(rate) if dropout_scale > 0:
                yield keras.layers.Dropout(rate * dropout_scale, name=name)
            case Flatten():
                yield keras.layers.Flatten(name=name)
        if isinstance(layer, Conv | Dense):
            if norm:
                yield norm(name=f"{name}_bn")
            yield keras.layers.ReLU(name=f"{name}_relu")


def layer_summary(model: "keras.Sequential") -> list[dict]:
    """One row per layer: name, type, output shape, parameters, and multiply-accumulates for one image."""
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
    """Each kernel weight is used once per output position; layers without a kernel count as 0."""
    if not hasattr(layer, "kernel"):
        return 0
    return math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
