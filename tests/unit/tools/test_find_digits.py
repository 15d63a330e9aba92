"""Drawn photographs: one digit is found as it was written; two, or none, are refused."""

import os
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.raw import idx
from tests.support import photographs
from tools import digit_image, predict
from tools.picture_file import read_picture

DIGITS = idx.read_images(ROOT / "tests/data/train-images-idx3-ubyte").reshape(-1, 28, 28)[:5]


def likeness(found, digit):
    """The correlation of the pixels."""
    return np.corrcoef(found.ravel(), digit.ravel())[0, 1]


@pytest.mark.parametrize("kind", photographs.ONE, ids=lambda kind: kind.__name__)
def test_one_digit_is_found(kind):
    found = []
    for index, digit in enumerate(DIGITS):
        try:
            found.append(likeness(digit_image.from_array(np.asarray(photographs.draw(kind, DIGITS, index))), digit))
        except PipelineError:
            found.append(0)
    assert np.median(found) >= 0.75
    assert sum(each < 0.5 for each in found) <= 1


def test_two_digits_are_refused_and_read_from_left_to_right(tmp_path):
    for index in range(4):
        photographs.draw(photographs.two_digits, DIGITS, index).save(tmp_path / "two.png")
        with pytest.raises(PipelineError, match=r"two.png: 2 digits; expected one \(`--all` reads each\)"):
            digit_image.prepare(tmp_path / "two.png")
        left, right = digit_image.prepare_all(tmp_path / "two.png")
        assert likeness(left, DIGITS[index]) > 0.75
        assert likeness(right, DIGITS[index + 1]) > 0.75


def test_an_empty_sheet_in_uneven_light_has_no_digit():
    for index in range(4):
        with pytest.raises(PipelineError, match="no digit"):
            digit_image.from_array(np.asarray(photographs.draw(photographs.nothing, DIGITS, index)))


@pytest.mark.parametrize("side", [28, 100, 400])
def test_two_pixels_far_apart_are_no_digit(side):
    pixels = np.full((side, side), 255, np.uint8)
    pixels[3, 3] = pixels[-4, -4] = 0
    with pytest.raises(PipelineError, match="no digit|2 digits"):
        digit_image.from_array(pixels)


def test_noise_alone_and_shapes_end_in_an_answer_or_one_line():
    rng = np.random.default_rng(0)
    for side in (1, 2, 3, 8, 28, 90):
        for low in (0, 200):
            pixels = rng.integers(low, 256, size=(side, 2 * side, 3)).astype(np.uint8)
            try:
                assert digit_image.from_array(pixels).shape == (28, 28, 1)
            except PipelineError as error:
                assert "\n" not in str(error)


def test_a_digit_of_two_parts_is_one(tmp_path):
    picture = Image.new("L", (300, 400), 240)
    draw = ImageDraw.Draw(picture)
    draw.line((120, 80, 200, 80), fill=30, width=14)  # the bar of a five, above its body
    draw.arc((90, 180, 210, 320), -120, 150, fill=30, width=14)
    draw.line((115, 100, 115, 190), fill=30, width=14)
    picture.save(tmp_path / "five.png")
    assert digit_image.prepare(tmp_path / "five.png").shape == (28, 28, 1)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_a_photo_of_108_megapixels(tmp_path, name):
    sheet = Image.new("L", (12_000, 9_000), 240)
    ImageDraw.Draw(sheet).line((5_000, 2_000, 5_600, 7_000), fill=40, width=400)
    sheet.save(tmp_path / name, quality=50, compress_level=1)
    assert digit_image.prepare(tmp_path / name)[10:18, 12:16, 0].max() == 255


def test_infinities_count_as_the_lightest_and_the_darkest(tmp_path):
    values = DIGITS[0].repeat(4, axis=0).repeat(4, axis=1).astype(np.float32)
    values[0, :3] = np.inf, -np.inf, np.nan
    Image.fromarray(values).save(tmp_path / "real.tif")
    assert read_picture(tmp_path / "real.tif", "real.tif")[0, :3, 0].tolist() == [255, 0, 0]
    assert likeness(digit_image.prepare(tmp_path / "real.tif"), DIGITS[0]) > 0.95


def test_a_name_that_is_not_utf_8_does_not_end_the_batch(tmp_path, capsys):
    good, wrong = tmp_path / os.fsdecode(b"g\xff.png"), tmp_path / os.fsdecode(b"\xfe.png")
    Image.fromarray(DIGITS[0]).save(good)
    pictures, mistakes = predict.prepare([good, wrong], several=False)
    assert (list(pictures), list(mistakes)) == ([good], [wrong])
    predict.show([(good, np.eye(10)[7])])
    assert capsys.readouterr().out == f"{tmp_path}/g\\udcff.png  7  100.00%\n"
    assert sys.stdout.errors  # as in a terminal


def test_an_unsure_answer_names_two_digits():
    probabilities = np.array([0, 0.3, 0, 0, 0, 0, 0, 0.62, 0.08, 0])
    assert predict.answer(probabilities) == "probably 7 or 1"
    assert predict.answer(np.eye(10)[4]) == "4"
