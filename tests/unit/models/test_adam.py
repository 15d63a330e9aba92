"""The fused Adam computes the same steps as Keras' Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.ops import adam

SCHEDULE = keras.optimizers.schedules.CosineDecay(0.1, 8)


def train(make, gradients, jit_compile=False, **options):
    """A variable and the optimizer's variables after one step per gradient."""
    variable = keras.Variable(np.ones(gradients.shape[1:], np.float32))
    optimizer = make(**options)
    optimizer.build([variable])
    update = tf.function(lambda value: optimizer.apply([value], [variable]), jit_compile=jit_compile)
    for gradient in gradients:
        update(tf.constant(gradient))
    return [each.numpy() for each in (variable, *optimizer.variables)]


@pytest.fixture
def gradients():
    rng = np.random.default_rng(1)
    return rng.normal(0, rng.uniform(0, 3, (6, 1, 1)), (6, 4, 5)).astype(np.float32)


@pytest.mark.parametrize("jit_compile", [False, True])  # also under XLA, which the pipeline does not use
@pytest.mark.parametrize(
    "options",
    [{"learning_rate": 0.01, "epsilon": 0.1}, {"learning_rate": SCHEDULE, "global_clipnorm": 1.0, "beta_2": 0.9}],
)
def test_steps_equal_keras_steps(gradients, options, jit_compile):
    ours = train(adam.fused_adam(), gradients, jit_compile, **options)
    keras_own = train(keras.optimizers.Adam, gradients, **options)
    assert len(ours) == len(keras_own)
    assert np.ptp(ours[0]) > 0.01
    for one, other in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_first_step():
    """The bias-corrected moments are the gradient and its square (Kingma & Ba), so the step is the learning rate."""
    gradients = np.array([[2.0, -0.5]], np.float32)
    np.testing.assert_allclose(train(adam.fused_adam(), gradients, learning_rate=0.25)[0], [0.75, 1.25], rtol=1e-5)


def test_loss_scaling_skips_overflowed_gradients(gradients):
    """With float16, Keras wraps the optimizer and skips gradients that are not finite."""
    gradients[1:] = np.inf
    wrapped = train(lambda **options: keras.optimizers.LossScaleOptimizer(adam.fused_adam()(**options)), gradients)
    assert np.isfinite(wrapped[0]).all()
    assert (wrapped[0] != 1).any()
