"""What the server takes for images, and what it answers to everything else, over HTTP's application interface."""

import json

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from tools import serve

IMAGES = np.random.default_rng(0).integers(0, 256, size=(3, 28, 28, 1))


def body(values, key="inputs"):
    return json.dumps({key: values}).encode()


def with_first(value):
    values = IMAGES.tolist()
    values[0][0][0][0] = value
    return body(values)


@pytest.mark.parametrize("key", ["inputs", "instances"])
@pytest.mark.parametrize("values", [IMAGES, IMAGES.astype(float), np.zeros((1, 28, 28, 1), int)])
def test_pixels_from_0_to_255_are_taken(key, values):
    found = serve.images(body(values.tolist(), key))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "wrong",
    [
        body((IMAGES / 255).tolist()),
        body((IMAGES > 128).astype(int).tolist()),
        body((IMAGES > 128).tolist()),
        body(IMAGES.astype(str).tolist()),
        body((IMAGES + 1).tolist()),
        body((IMAGES - 1).tolist()),
        with_first(True),
        with_first("7"),
        with_first(None),
        with_first(float("nan")),
        with_first(float("inf")),
        with_first(10**40),
        with_first([1]),
        body(IMAGES[0].tolist()),
        body(IMAGES[..., 0].tolist()),
        body([]),
        body(5),
        body({"image": IMAGES.tolist()}),
    ],
)
def test_other_values_are_refused_by_one_line_that_says_what_pixels_are(wrong):
    with pytest.raises(PipelineError) as error:
        serve.images(wrong)
    assert "pixels are 0 to 255" in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "wrong", [b"", b"no", b"[1]", b"[" * 100_000, b"\xff", body([], "data"), b'{"inputs": 1, "x": 2}']
)
def test_a_body_of_another_form_is_refused(wrong):
    with pytest.raises(PipelineError, match='expected {"inputs"'):
        serve.images(wrong)
