"""The fused layer computes the same steps as Keras' BatchNormalization, and saved models hold Keras' own layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers import Conv, Flatten
from models.ops import batch_normalization
from pipeline.runtime import model_file
from tests.support.small_network import PIXELS, small_model

LABELS = np.arange(20) % 10


def step(shape, fused, dtype="float32"):
    """Of one training step: output, gradients by input, scale and offset, and moving averages, as numpy arrays."""
    rng = np.random.default_rng(3)
    made = batch_normalization.fused_batch_normalization() if fused else keras.layers.BatchNormalization
    layer = made(momentum=0.75, dtype=keras.dtype_policies.get(dtype))
    layer.build((None, *shape[1:]))
    layer.set_weights([rng.uniform(0.5, 1.5, shape[-1:]).astype(np.float32) for _ in layer.get_weights()])
    inputs = tf.cast(rng.normal(2, 3, shape), layer.compute_dtype)
    towards = tf.cast(rng.normal(0, 1, shape), layer.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(tf.cast(outputs * towards, "float32"))
    gradients = tape.gradient(loss, [inputs, *(weight.value for weight in layer.trainable_weights)])
    return [tf.cast(value, "float32").numpy() for value in (outputs, *gradients)] + layer.get_weights()


@pytest.mark.parametrize("shape", [(5, 7, 6, 3), (1, 1, 2, 4), (8, 3)])
def test_a_step_equals_keras_step(shape):
    for ours, keras_own in zip(step(shape, fused=True), step(shape, fused=False), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-4)


def test_statistics_are_float32_in_bfloat16():
    ours, keras_own = (step((64, 9, 9, 5), fused, "mixed_bfloat16") for fused in (True, False))
    for one, other in zip(ours[-2:], keras_own[-2:], strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-4)
    np.testing.assert_allclose(ours[0], keras_own[0], atol=0.03)  # bfloat16 has 8 bits


def test_names_and_weights_equal_keras_own():
    ours, keras_own = small_model(batch_norm=True, fused=True), small_model(batch_norm=True)
    assert type(ours.get_layer("conv1_bn")) is not type(keras_own.get_layer("conv1_bn"))
    assert [type(layer).__name__ for layer in ours.layers] == [type(layer).__name__ for layer in keras_own.layers]
    assert [weight.path for weight in ours.weights] == [weight.path for weight in keras_own.weights]


def test_a_model_trained_with_the_fused_layer_is_saved_as_plain_keras(tmp_path):
    trained = small_model((Conv(4, 3), Flatten()), batch_norm=True, fused=True)
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.fit(PIXELS, LABELS, epochs=2, verbose=0)
    exported = small_model((Conv(4, 3), Flatten()), batch_norm=True)
    exported.set_weights(trained.get_weights())
    model_file.save_model(exported, tmp_path / "model.keras")
    loaded = model_file.load_model(tmp_path / "model.keras")
    assert type(loaded.get_layer("conv1_bn")) is keras.layers.BatchNormalization
    np.testing.assert_array_equal(loaded.predict(PIXELS, verbose=0), trained.predict(PIXELS, verbose=0))
