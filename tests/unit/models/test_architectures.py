"""The three networks against the 2018 notebook: layers, shapes, parameters and cost."""

from functools import cache

import numpy as np
import pytest

from models.build import layer_summary
from models.registry import ARCHITECTURES
from pipeline.runtime import session
from tests.support.notebook_networks import PRINTED
from tests.support.small_network import small_model

PLAIN = {"pooling": True, "dropout_scale": 0.0, "batch_norm": False}
DROPOUT = {"pooling": True, "dropout_scale": 1.0, "batch_norm": False}
BATCH_NORM = {"pooling": True, "dropout_scale": 1.0, "batch_norm": True}
NO_POOL = {"pooling": False, "dropout_scale": 0.0, "batch_norm": False}
COSTS = [  # total and trainable parameters; multiply-accumulates of one image
    ("lenet", PLAIN, 716_234, 716_234, 37_660_288),
    ("lenet", DROPOUT, 716_234, 716_234, 37_660_288),
    ("lenet", BATCH_NORM, 717_962, 716_810, 37_660_288),
    ("vgg", NO_POOL, 44_464_906, 44_464_906, 753_636_224),
    ("vgg", PLAIN, 2_128_650, 2_128_650, 79_008_640),
    ("vgg", DROPOUT, 2_128_650, 2_128_650, 79_008_640),
    ("vgg", BATCH_NORM, 2_133_450, 2_130_250, 79_008_640),
    ("custom", PLAIN, 56_753_866, 56_753_866, 2_927_244_160),
    ("custom", DROPOUT, 56_753_866, 56_753_866, 2_927_244_160),
    ("custom", BATCH_NORM, 56_773_834, 56_760_522, 2_927_244_160),
]


@pytest.fixture(scope="module")
def built():
    """A function that builds each network once: `built("lenet", pooling=True, …)`."""
    session.import_tensorflow()

    @cache
    def once(name, **flags):
        return small_model(ARCHITECTURES[name], name, **flags)

    yield once
    once.cache_clear()


def test_names_of_architectures():
    assert list(ARCHITECTURES) == ["lenet", "vgg", "custom"]


@pytest.mark.parametrize(("name", "flags", "total", "trainable", "multiply_accumulates"), COSTS)
def test_parameters_and_multiply_accumulates(built, name, flags, total, trainable, multiply_accumulates):
    model = built(name, **flags)
    rows = layer_summary(model)
    assert model.count_params() == total
    assert sum(row["parameters"] for row in rows) == total
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable
    assert sum(row["multiply_accumulates"] for row in rows) == multiply_accumulates


def settings(layer):
    """The third column of the table: filters and kernel size, pool size, rate or units."""
    match type(layer).__name__:
        case "Conv2D":
            assert (layer.padding, layer.strides) == ("valid", (1, 1))
            return layer.filters, layer.kernel_size
        case "MaxPooling2D":
            assert (layer.padding, layer.strides) == ("valid", (2, 2))
            return layer.pool_size
        case "Dropout":
            return layer.rate
        case "Dense":
            return layer.units


@pytest.mark.parametrize("name", PRINTED)
def test_layers_and_shapes_equal_the_notebooks(built, name):
    model = built(name, **DROPOUT)
    rows = layer_summary(model)
    found = [
        (row["layer"], row["type"], settings(layer), row["output_shape"])
        for row, layer in zip(rows, model.layers, strict=True)
    ]
    assert found == [("scale", "Rescaling", None, "28×28×1"), *PRINTED[name]]
    *hidden, output = (layer for layer in model.layers if hasattr(layer, "kernel"))
    assert {layer.activation.__name__ for layer in hidden} == {"linear"}  # ReLU is a separate layer
    assert output.activation.__name__ == "softmax"
    assert model.name == name


@pytest.mark.parametrize("name", PRINTED)
def test_batch_normalisation_before_relu_replaces_the_bias(built, name):
    layers = built(name, **BATCH_NORM).layers
    names = [layer.name for layer in layers]
    hidden = [layer for layer in layers if hasattr(layer, "kernel") and layer.name != "output"]
    for layer in hidden:
        place = names.index(layer.name)
        assert names[place : place + 3] == [layer.name, f"{layer.name}_bn", f"{layer.name}_relu"]
        assert type(layers[place + 1]).__name__ == "BatchNormalization"
        assert not layer.use_bias
    assert [row for row in names if not row.endswith("_bn")] == ["scale", *(row[0] for row in PRINTED[name])]
    assert layers[-1].use_bias


def test_layers_have_a_bias_without_batch_normalisation(built):
    assert all(layer.use_bias for layer in built("vgg", **DROPOUT).layers if hasattr(layer, "kernel"))


@pytest.mark.parametrize("name", PRINTED)
def test_input_and_output_types(built, name):
    model = built(name, **DROPOUT)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1), dtype=np.uint8)
    probabilities = np.asarray(model(pixels))
    assert (model.inputs[0].dtype, tuple(model.inputs[0].shape)) == ("uint8", (None, 28, 28, 1))
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (2, 10))
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-6)
    assert probabilities.min() >= 0
