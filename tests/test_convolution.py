"""Training with convolutions as products is training with Keras' own, and what is saved is Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import convolution
from models.layers import Conv, Flatten, Pool
from pipeline import artefact
from tests.small_network import PIXELS, build

LABELS = np.arange(20) % 10
CASE = ((4, 5, 5, 8), 4)
NETWORK = (Conv(2, 3), Pool(), Pool(), Conv(4, 3), Flatten())  # the second sees 6×6


def step(shape, size, fused, dtype="float32", jit_compile=False):
    """Output and gradients of input, kernel and bias, as float32 numpy arrays; the output has the policy's dtype."""
    rng = np.random.default_rng(3)
    layer = (convolution.fused() if fused else keras.layers.Conv2D)(5, size, dtype=keras.dtype_policies.get(dtype))
    layer.build((None, *shape[1:]))
    layer.set_weights([rng.normal(0, 1, weight.shape) for weight in layer.get_weights()])
    inputs = tf.cast(rng.normal(0, 1, shape), layer.compute_dtype)
    towards = rng.normal(0, 1, layer.compute_output_shape(shape))

    @tf.function(jit_compile=jit_compile)
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(tf.cast(outputs, "float32") * towards)
        return outputs, *tape.gradient(loss, [inputs, *(weight.value for weight in layer.trainable_weights)])

    outputs, *found = gradients()
    assert outputs.dtype == layer.compute_dtype
    return [tf.cast(value, "float32").numpy() for value in (outputs, *found)]


@pytest.mark.parametrize(
    ("shape", "size"),
    [((2, 5, 5, 3), 4), ((3, 8, 7, 2), 4), ((1, 3, 3, 1), 3), ((2, 5, 6, 3), 1), ((2, 9, 9, 2), 3)],
)
def test_a_step_is_keras_step(shape, size):
    for ours, keras_own in zip(step(shape, size, True), step(shape, size, False), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-4)


def test_a_step_is_keras_step_under_xla_which_one_gpu_takes():
    for ours, keras_own in zip(step(*CASE, True, jit_compile=True), step(*CASE, False), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("dtype", "bits"), [("mixed_bfloat16", 8), ("mixed_float16", 11)])
def test_in_half_precision_errors_are_those_of_rounding(dtype, bits):
    """Against float32, the root of the mean squared error is a few roundings of the values' size, no more."""
    for half, whole in zip(step(*CASE, True, dtype), step(*CASE, True), strict=True):
        assert 0 < np.sqrt(np.mean((half - whole) ** 2)) < 2 * 2**-bits * np.sqrt(np.mean(whole**2))


@pytest.mark.parametrize(("side", "operation"), [(8, "MatMul"), (9, "Conv2D")])
def test_only_kernels_with_few_places_to_go_are_products(side, operation):
    layer = convolution.fused()(5, 4)
    layer.build((None, side, side, 3))
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((None, side, side, 3))).graph
    assert {"MatMul", "Conv2D"} & {node.type for node in graph.get_operations()} == {operation}


def test_what_was_trained_fused_is_saved_and_predicts_as_keras_own(tmp_path):
    trained = build(NETWORK, fused=True)
    assert type(trained.get_layer("conv2")) is not keras.layers.Conv2D
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.fit(PIXELS, LABELS, epochs=2, verbose=0)
    exported = build(NETWORK)
    assert [weight.path for weight in exported.weights] == [weight.path for weight in trained.weights]
    exported.set_weights(trained.get_weights())
    artefact.save(exported, tmp_path / "model.keras")
    loaded = artefact.load(tmp_path / "model.keras")
    assert type(loaded.get_layer("conv2")) is keras.layers.Conv2D
    np.testing.assert_allclose(loaded.predict(PIXELS, verbose=0), trained.predict(PIXELS, verbose=0), atol=1e-6)
