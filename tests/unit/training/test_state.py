"""A training has diverged when its loss or a weight is not finite."""

import keras
import pytest

from pipeline.core.errors import PipelineError
from pipeline.training.state import require_finite


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu", name="dense1")])


def test_finite_numbers_pass(model):
    require_finite(model, model.get_weights(), 1, 0.0, 1e30)


@pytest.mark.parametrize("losses", [(float("nan"), 1.0), (1.0, float("inf"))])
def test_a_loss_that_is_not_finite(model, losses):
    with pytest.raises(PipelineError, match="epoch 4: the loss is (nan|inf); the training diverged"):
        require_finite(model, model.get_weights(), 4, *losses)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_weight_that_is_not_finite_with_a_finite_loss(model, value):
    model.layers[0].kernel.assign([[1.0, float(value)], [0.0, 1.0]])
    with pytest.raises(PipelineError, match=r"epoch 1: \S*dense1/kernel has weights that are not finite"):
        require_finite(model, model.get_weights(), 1, 0.5)
