"""Digits of another source, prepared as `tools.predict` prepares a picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from pipeline.stress import other_source
from tools import digit_image


@pytest.mark.parametrize("number", range(0, 200, 20))
def test_a_digit_is_prepared_as_a_picture_of_it_is(number: int, tmp_path: Path) -> None:
    picture = other_source.enlarged(load_digits().images[number])
    sheet = Image.new("L", (240, 240))
    sheet.paste(picture, (40, 40))
    sheet.save(tmp_path / "digit.png")
    expected = digit_image.prepare(tmp_path / "digit.png")[..., 0]
    found = other_source.centred(picture)
    assert found.dtype == np.uint8 and found.max() == 255
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.85


def test_all_digits_of_the_source() -> None:
    images, labels = other_source.other_source()
    assert (images.shape, images.dtype) == ((1797, 28, 28, 1), np.uint8)
    np.testing.assert_array_equal(labels, load_digits().target)
    rows, columns = (images.max(axis=(axis, 3)) > 0 for axis in (2, 1))
    assert (np.maximum(rows.sum(axis=1), columns.sum(axis=1)) == 20).mean() > 0.95


def test_the_middle_of_the_ink_is_in_the_middle() -> None:
    small = np.zeros((8, 8))
    small[1:7, 2:4] = 16
    image = other_source.centred(other_source.enlarged(small)).astype(float)
    for axis in (1, 0):
        assert np.average(np.arange(28), weights=image.sum(axis=axis)) == pytest.approx(14, abs=0.6)
