"""Build a Keras model from an architecture list, and summarise its layers."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.constants import INPUT_SHAPE, NUM_CLASSES
from models.layers import Conv, Dense, Dropout, Flatten, Layer, Pool
from models.ops import batch_normalization

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
    """Build the network: raw pixels in, uint8 (N, 28, 28, 1); class probabilities out, float32 (N, 10).

    Batch normalisation stands between a hidden layer and its ReLU, and that layer then has no bias (Ioffe & Szegedy,
    2015). Layers compute in Keras' global dtype policy, except the output, which is float32.

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

    norm = batch_normalization.fused_batch_normalization() if fused else keras.layers.BatchNormalization
    norm = partial(norm, momentum=batch_norm_momentum) if batch_norm else None

    layers = [
        keras.Input(INPUT_SHAPE, dtype="uint8", name="pixels"),
        keras.layers.Rescaling(1 / 255, name="scale"),
    ]
    counts: dict[str, int] = {}
    for layer in architecture:
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        layer_name = f"{kind}{counts[kind]}"
        if isinstance(layer, Conv | Dense):
            layers += _hidden_layers(layer, layer_name, norm, initializer)
        elif isinstance(layer, Pool) and pooling:
            layers.append(keras.layers.MaxPooling2D(2, name=layer_name))
        elif isinstance(layer, Dropout) and dropout_scale > 0:
            layers.append(keras.layers.Dropout(layer.rate * dropout_scale, name=layer_name))
        elif isinstance(layer, Flatten):
            layers.append(keras.layers.Flatten(name=layer_name))
    layers.append(
        keras.layers.Dense(
            NUM_CLASSES, activation="softmax", kernel_initializer="glorot_uniform", dtype="float32", name="output"
        )
    )
    return keras.Sequential(layers, name=name)


def _hidden_layers(layer: Conv | Dense, name: str, norm: Callable | None, initializer: str) -> Iterator["keras.Layer"]:
    """The convolution or dense layer, its batch normalisation if `norm` is given, and its ReLU."""
    import keras

    options = {"use_bias": norm is None, "kernel_initializer": initializer, "name": name}
    if isinstance(layer, Conv):
        yield keras.layers.Conv2D(layer.filters, layer.size, **options)
    else:
        yield keras.layers.Dense(layer.units, **options)
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
