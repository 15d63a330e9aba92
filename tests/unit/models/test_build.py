"""Building a Keras model from an architecture list: layer names, flags and settings."""

import numpy as np
import pytest

from pipeline.runtime import session
from tests.support.small_network import small_model

SMALL_NAMES = ["scale", "conv1", "conv1_relu", "pool1", "dropout1", "flatten1", "dense1", "dense1_relu", "dropout2"]


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    session.import_tensorflow()


def test_flags_omit_layers_and_keep_other_names():
    assert [layer.name for layer in small_model().layers] == [*SMALL_NAMES, "output"]
    without_pooling = [layer.name for layer in small_model(pooling=False).layers]
    assert without_pooling == [name for name in [*SMALL_NAMES, "output"] if name != "pool1"]
    without_dropout = [layer.name for layer in small_model(dropout_scale=0.0).layers]
    assert without_dropout == [name for name in [*SMALL_NAMES, "output"] if not name.startswith("dropout")]


def test_names_do_not_depend_on_earlier_models():
    first = small_model(batch_norm=True)
    again = small_model(batch_norm=True)
    assert [layer.name for layer in first.layers] == [layer.name for layer in again.layers]
    assert [weight.path for weight in first.weights] == [weight.path for weight in again.weights]
    assert first.inputs[0].name == again.inputs[0].name == "pixels"


def test_dropout_scale_multiplies_the_rates():
    model = small_model(dropout_scale=0.3)
    assert [model.get_layer(name).rate for name in ("dropout1", "dropout2")] == pytest.approx([0.15, 0.12])


def test_momentum_of_batch_normalisation():
    model = small_model(batch_norm=True, batch_norm_momentum=0.75)
    assert [model.get_layer(name).momentum for name in ("conv1_bn", "dense1_bn")] == [0.75, 0.75]


def test_initializer_of_hidden_layers():
    model = small_model(initializer="he_normal")
    names = [type(layer.kernel_initializer).__name__ for layer in model.layers if hasattr(layer, "kernel")]
    assert names == ["HeNormal", "HeNormal", "GlorotUniform"]


def test_pixels_are_scaled_to_0_to_1():
    model = small_model()
    pixels = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1) * np.ones((3, 28, 28, 1), np.uint8)
    scaled = np.asarray(model.get_layer("scale")(pixels))
    assert scaled.dtype == np.float32
    assert scaled[:, 0, 0, 0] == pytest.approx([0, 0.2, 1], abs=1e-7)
    values = scaled
    for layer in model.layers[1:]:
        values = layer(values)
    np.testing.assert_allclose(np.asarray(model(pixels)), np.asarray(values), atol=1e-6)
