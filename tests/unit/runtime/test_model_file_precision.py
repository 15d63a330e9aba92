"""Precision and the model file: it does not change the file, and any file can be loaded in any precision."""

import numpy as np
import pytest

from pipeline.runtime import model_file, session
from tests.support.small_network import copy_model, predictions, trained_model


@pytest.fixture(scope="module")
def model():
    session.import_tensorflow()
    return trained_model()


@pytest.fixture
def policy(model):
    """Sets Keras' dtype policy until the test ends."""
    import keras

    before = keras.mixed_precision.global_policy()
    yield keras.mixed_precision.set_global_policy
    keras.mixed_precision.set_global_policy(before)


def test_precision_does_not_change_the_file(model, policy, tmp_path):
    """Keras writes the memory address of a policy object into the file."""
    for name in ("first.keras", "second.keras"):
        policy("mixed_bfloat16")
        policy("float32")
        model_file.save_model(copy_model(model), tmp_path / name)
    model_file.save_model(model, tmp_path / "third.keras")
    first, second, third = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert first == second
    assert first == third


def test_a_model_loaded_in_bfloat16_computes_in_bfloat16(model, policy, tmp_path):
    model_file.save_model(model, tmp_path / "model.keras")
    loaded = model_file.load_model(tmp_path / "model.keras", "mixed_bfloat16")
    policy("mixed_bfloat16")
    native = copy_model(model)
    found = predictions(loaded)
    np.testing.assert_array_equal(found, predictions(native))
    difference = np.abs(found - predictions(model)).max()
    assert 1e-5 < difference < 0.05
    dtypes = {layer.name: layer.compute_dtype for layer in loaded.layers}
    assert dtypes.pop("output") == "float32"
    assert set(dtypes.values()) == {"bfloat16"}
    assert {weight.dtype for weight in loaded.weights} == {"float32"}
