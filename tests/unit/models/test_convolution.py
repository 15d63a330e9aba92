"""Fast convolutions compute the same steps as TensorFlow's, and the saved model is a plain Keras model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.constants import INPUT_SHAPE
from models.layers import Conv, Flatten, Pool
from models.ops import convolution, winograd
from models.registry import ARCHITECTURES
from pipeline.runtime import model_file
from tests.support.small_network import PIXELS, small_model

LABELS = np.arange(20) % 10
CASE = ((4, 5, 5, 8), 4)
NETWORK = (Conv(2, 3), Pool(), Pool(), Conv(4, 3), Flatten())  # the input of the second convolution is 6×6
IM2COL, WINOGRAD = convolution.im2col_conv, winograd.winograd_conv


def step(shape, size, algorithm, dtype="float32", jit_compile=False):
    """One layer's output and its gradients by input, kernel and bias, float32; checks the output's dtype."""
    rng = np.random.default_rng(3)
    layer = keras.layers.Conv2D(5, size, dtype=keras.dtype_policies.get(dtype))
    if algorithm:
        layer.convolution_op = algorithm
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
    ("algorithm", "shape", "size"),
    [
        *((IM2COL, shape, size) for shape, size in [CASE, ((3, 8, 7, 2), 4), ((1, 3, 3, 1), 3), ((2, 5, 6, 3), 1)]),
        *(
            (WINOGRAD, shape, size)
            for shape, size in [CASE, ((2, 20, 20, 6), 4), ((3, 7, 12, 2), 3), ((1, 3, 3, 1), 3)]
        ),
    ],
)
def test_a_step_equals_keras_step(algorithm, shape, size):
    for ours, keras_own in zip(step(shape, size, algorithm), step(shape, size, None), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", winograd.KERNEL_SIZES)
def test_winograd_is_exact_up_to_rounding(size):
    """In float64, errors below 1e-11 exclude any wrong term; in float32, less than 5 times TensorFlow's own error."""
    rng = np.random.default_rng(4)
    inputs, kernel = rng.normal(0, 1, (2, 14, 14, 64)), rng.normal(0, 1, (size, size, 64, 8))
    exact = tf.nn.conv2d(inputs, kernel, 1, "VALID").numpy()
    np.testing.assert_allclose(winograd.winograd_conv(inputs, kernel), exact, atol=1e-11)
    inputs, kernel = tf.cast(inputs, "float32"), tf.cast(kernel, "float32")
    errors = [
        np.std(found.numpy() - exact)
        for found in (winograd.winograd_conv(inputs, kernel), tf.nn.conv2d(inputs, kernel, 1, "VALID"))
    ]
    assert errors[0] < 5 * errors[1]


@pytest.mark.parametrize("algorithm", [IM2COL, WINOGRAD])
def test_a_step_equals_keras_step_under_xla(algorithm):
    for ours, keras_own in zip(step(*CASE, algorithm, jit_compile=True), step(*CASE, None), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("dtype", "bits"), [("mixed_bfloat16", 8), ("mixed_float16", 11)])
def test_im2col_in_half_precision_is_exact_up_to_rounding(dtype, bits):
    """The root mean squared difference to float32 is at most two roundings of the values' size."""
    for half, whole in zip(step(*CASE, IM2COL, dtype), step(*CASE, IM2COL), strict=True):
        assert 0 < np.sqrt(np.mean((half - whole) ** 2)) < 2 * 2**-bits * np.sqrt(np.mean(whole**2))


@pytest.mark.parametrize(
    ("image", "kernel", "dtype", "algorithm"),
    [
        ((8, 8), (4, 4, 3, 5), "float32", IM2COL),
        ((9, 9), (4, 4, 3, 5), "float32", None),
        ((9, 8), (4, 4, 3, 5), "float32", None),
        ((20, 20), (4, 4, 256, 256), "float32", WINOGRAD),
        ((20, 20), (4, 4, 256, 256), "bfloat16", None),
        ((20, 20), (4, 4, 255, 256), "float32", None),
        ((20, 20), (4, 4, 256, 255), "float32", None),
        ((20, 20), (5, 5, 256, 256), "float32", None),
        ((7, 7), (4, 4, 256, 256), "float32", IM2COL),  # 4×4 outputs take four tiles of 3×3 outputs
    ],
)
def test_fastest_convolution(image, kernel, dtype, algorithm):
    assert convolution.fastest_convolution(image, kernel, dtype) is algorithm


@pytest.mark.parametrize(("side", "operation"), [(8, "MatMul"), (9, "Conv2D")])
def test_im2col_replaces_convolutions_with_small_outputs_only(side, operation):
    model = keras.Sequential([keras.Input((side, side, 3)), keras.layers.Conv2D(5, 4)])
    convolution.use_fast_convolutions(model)
    graph = tf.function(model).get_concrete_function(tf.TensorSpec((None, side, side, 3))).graph
    assert {"MatMul", "Conv2D"} & {node.type for node in graph.get_operations()} == {operation}


def test_algorithms_of_custom():
    algorithms = {}
    side, _, channels = INPUT_SHAPE
    for layer in ARCHITECTURES["custom"]:
        if isinstance(layer, Conv):
            kernel = (layer.size, layer.size, channels, layer.filters)
            algorithms[layer.filters] = convolution.fastest_convolution((side, side), kernel, "float32")
            side, channels = side - layer.size + 1, layer.filters
        elif isinstance(layer, Pool):
            side //= 2
    assert algorithms == {64: None, 128: None, 256: None, 512: WINOGRAD, 768: WINOGRAD, 1024: WINOGRAD, 2048: IM2COL}


def test_a_model_trained_with_fast_convolutions_is_saved_as_plain_keras(tmp_path):
    trained = small_model(NETWORK, fused=True)
    convolution.use_fast_convolutions(trained)
    assert trained.get_layer("conv2").convolution_op is IM2COL
    assert trained.get_layer("conv1").convolution_op != IM2COL
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.fit(PIXELS, LABELS, epochs=2, verbose=0)
    exported = small_model(NETWORK)
    assert [weight.path for weight in exported.weights] == [weight.path for weight in trained.weights]
    exported.set_weights(trained.get_weights())
    model_file.save_model(exported, tmp_path / "model.keras")
    loaded = model_file.load_model(tmp_path / "model.keras")
    assert type(loaded.get_layer("conv2")) is keras.layers.Conv2D
    np.testing.assert_allclose(loaded.predict(PIXELS, verbose=0), trained.predict(PIXELS, verbose=0), atol=1e-6)
    convolution.use_fast_convolutions(loaded)
    loaded.predict(PIXELS, verbose=0)
    model_file.save_model(loaded, tmp_path / "again.keras")
    assert (tmp_path / "again.keras").read_bytes() == (tmp_path / "model.keras").read_bytes()
