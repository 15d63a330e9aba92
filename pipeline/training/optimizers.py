"""Compile a model: optimizer, learning rate schedule and loss."""

import math
from typing import TYPE_CHECKING

from models.ops.adam import fused_adam
from pipeline.config.schema import TrainConfig

if TYPE_CHECKING:
    import keras

START_FRACTION = 1 / 25  # of the peak: where a one-cycle learning rate begins (Smith & Topin, 2018)


def compile_model(model: "keras.Model", config: TrainConfig) -> None:
    """Compile for categorical cross-entropy on integer labels, with accuracy.

    Without XLA: Keras refuses it together with deterministic operations, and on CPUs it is several times slower.
    """
    model.compile(
        optimizer=make_optimizer(config),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)  # so that a checkpoint finds all its variables


def make_optimizer(config: TrainConfig) -> "keras.optimizers.Optimizer":
    """The optimizer with its learning rate schedule."""
    import keras

    options = {"learning_rate": make_learning_rate(config), "global_clipnorm": config.clip_norm}
    if config.optimizer == "adadelta":
        return keras.optimizers.Adadelta(rho=config.rho, epsilon=config.epsilon, **options)
    return fused_adam()(**options)


def make_learning_rate(config: TrainConfig) -> "float | keras.optimizers.schedules.LearningRateSchedule":
    """A constant, or one cycle: a linear rise to the peak, then half a cosine down to 0."""
    import keras

    if config.schedule == "constant":
        return config.learning_rate
    steps = config.epochs * math.ceil(config.training_images / config.batch_size)
    warmup_steps = round(config.warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate * START_FRACTION,
        warmup_target=config.learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=max(1, steps - warmup_steps),
    )
