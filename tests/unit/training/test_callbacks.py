"""A training whose loss or weights are no longer finite has diverged."""

import keras
import pytest

from pipeline.core.errors import PipelineError
from pipeline.training.callbacks import require_finite
from pipeline.training.progress import Progress


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu", name="dense1")])


def test_finite_numbers_pass(model):
    require_finite(model, model.get_weights(), Progress(), 0.0, 1e30)


@pytest.mark.parametrize("losses", [(float("nan"), 1.0), (1.0, float("inf"))])
def test_a_loss_that_is_not_finite(model, losses):
    with pytest.raises(PipelineError, match="epoch 4: the loss is (nan|inf); the training diverged"):
        require_finite(model, model.get_weights(), Progress(epoch=3), *losses)


@pytest.mark.parametrize("spoiled", ["nan", "inf"])
def test_a_weight_that_is_not_finite_behind_a_finite_loss(model, spoiled):
    kernel = model.layers[0].kernel
    kernel.assign([[1.0, float(spoiled)], [0.0, 1.0]])
    with pytest.raises(PipelineError, match=r"epoch 1: \S*dense1/kernel has weights that are not finite"):
        require_finite(model, model.get_weights(), Progress(), 0.5)
