"""From a protocol to a compiled model: optimizer, learning rate schedule and loss."""

import math
from typing import TYPE_CHECKING

from pipeline import adam
from pipeline.schema import Protocol

if TYPE_CHECKING:
    import keras

START = 1 / 25  # of the peak: where a one-cycle learning rate begins (Smith & Topin, 2018)


def compile_model(model: "keras.Model", protocol: Protocol) -> None:
    """Compile for categorical cross-entropy on integer labels, with accuracy.

    Without XLA: Keras refuses it where operations are deterministic, and on a processor it is several times slower.
    """
    model.compile(
        optimizer=optimizer(protocol),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)  # so that a checkpoint finds all its variables


def optimizer(protocol: Protocol) -> "keras.optimizers.Optimizer":
    """The protocol's optimizer, with its learning rate schedule."""
    import keras

    options = {"learning_rate": learning_rate(protocol), "global_clipnorm": protocol.clip_norm}
    if protocol.optimizer == "adadelta":
        return keras.optimizers.Adadelta(rho=protocol.rho, epsilon=protocol.epsilon, **options)
    return adam.fused()(**options)


def learning_rate(protocol: Protocol) -> "float | keras.optimizers.schedules.LearningRateSchedule":
    """A constant, or one cycle: a linear rise to the peak, then half a cosine down to 0."""
    import keras

    if protocol.schedule == "constant":
        return protocol.learning_rate
    steps = protocol.epochs * math.ceil(protocol.training_images / protocol.batch_size)
    rise = round(protocol.warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=protocol.learning_rate * START,
        warmup_target=protocol.learning_rate,
        warmup_steps=rise,
        decay_steps=max(1, steps - rise),
    )
