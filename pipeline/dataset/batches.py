"""Batches for training, validation and prediction."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

    from pipeline.config.schema import TrainConfig

VALIDATION_BATCH_SIZE = 200  # can be divided among eight devices
TEST_BATCH_SIZE = 250


def batch_sizes(config: "TrainConfig") -> tuple[int, ...]:
    """Sizes that the number of devices must divide, so that each batch, also a last one, is shared evenly."""
    return config.batch_size, config.training_images, VALIDATION_BATCH_SIZE, config.validation_images


def make_dataset(batch_size: int, *arrays: np.ndarray) -> "tf.data.Dataset":
    """Batches of `batch_size` rows of each array, in order; the last one may be smaller.

    Keras builds the same from arrays, but with tf.data's autotuning: its thread sleeps for up to a minute, and closing
    the dataset waits until it wakes.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size).prefetch(2).with_options(options)
