"""Batches of arrays as a tf.data.Dataset."""

import keras
import numpy as np

from pipeline.dataset import batches
from tests.support import small_network

IMAGES = np.arange(7 * 784, dtype=np.uint8).reshape(7, 28, 28, 1)
LABELS = np.arange(7, dtype=np.uint8)


def test_batches_hold_every_row_in_order():
    found = list(batches.make_dataset(3, IMAGES, LABELS).as_numpy_iterator())
    assert [len(labels) for _, labels in found] == [3, 3, 1]
    for part, whole in zip(zip(*found, strict=True), (IMAGES, LABELS), strict=True):
        assert part[0].dtype == np.uint8
        np.testing.assert_array_equal(np.concatenate(part), whole)


def test_autotuning_is_off():
    assert batches.make_dataset(3, IMAGES).options().autotune.enabled is False


def test_training_equals_training_on_arrays():
    def train(*arguments, **options):
        keras.utils.set_random_seed(1)
        model = small_network.small_model(batch_norm=True)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(*arguments, shuffle=False, verbose=0, **options)
        return [weight.tolist() for weight in model.get_weights()]

    assert train(batches.make_dataset(3, IMAGES, LABELS)) == train(IMAGES, LABELS, batch_size=3)
