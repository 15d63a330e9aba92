"""Pictures drawn from MNIST's digits in many formats become the same 28×28 pixels again."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.core.paths import ROOT
from pipeline.raw import idx
from tools import digit_image

DIGITS = idx.read_images(ROOT / "tests/data/train-images-idx3-ubyte").reshape(-1, 28, 28)[::8]


def blocks(pixels, size):
    """Each pixel as a square of `size` pixels."""
    return Image.fromarray(pixels.repeat(size, axis=0).repeat(size, axis=1))


def colours(pixels, ink, paper):
    share = pixels[..., np.newaxis] / 255
    return blocks((share * np.array(ink) + (1 - share) * np.array(paper)).round().astype(np.uint8), 3)


def with_alpha(pixels, ink):
    alpha = blocks(pixels, 4)
    return Image.merge("LA", (Image.new("L", alpha.size, ink), alpha))


def on_rounded_card(pixels):
    """Dark on light, with corners cut off."""
    card = blocks(255 - pixels, 4)
    alpha = Image.new("L", card.size, 0)
    ImageDraw.Draw(alpha).rounded_rectangle((0, 0, card.width - 1, card.height - 1), radius=9, fill=255)
    return Image.merge("LA", (card, alpha))


def differences(folder, name, draw, **options):
    """For each digit the mean absolute difference of its pixels from the original, 0 to 255."""
    path = folder / name
    found = []
    for pixels in DIGITS:
        draw(pixels).save(path, **options)
        found.append(np.abs(digit_image.prepare(path)[..., 0].astype(int) - pixels).mean())
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "draw", "options"),
    [
        ("as it is.png", Image.fromarray, {}),
        ("odd size.png", lambda pixels: blocks(pixels, 9), {}),
        ("dark on light.bmp", lambda pixels: blocks(255 - pixels, 5), {}),
        ("coloured.tif", lambda pixels: colours(pixels, (20, 30, 160), (250, 240, 120)), {}),
        ("of one lightness.png", lambda pixels: colours(pixels, (220, 20, 20), (20, 112, 20)), {}),
        ("grey on grey.png", lambda pixels: colours(pixels, (60, 60, 60), (215, 215, 215)), {}),
        (
            "padded.webp",
            lambda pixels: blocks(np.pad(pixels, ((40, 3), (9, 70))), 2).convert("RGB"),
            {"lossless": True},
        ),
        ("palette.gif", lambda pixels: blocks(255 - pixels, 4), {}),
        ("16 bits.png", lambda pixels: blocks(pixels.astype(np.uint16) * 257, 3), {}),
        ("real numbers.tif", lambda pixels: blocks(pixels.astype(np.float32) / 255 - 4, 3), {}),
        ("black on nothing.png", lambda pixels: with_alpha(pixels, 0), {}),
        ("white on nothing.png", lambda pixels: with_alpha(pixels, 255), {}),
        ("card.png", on_rounded_card, {}),
        ("cmyk.tif", lambda pixels: blocks(255 - pixels, 3).convert("RGB").convert("CMYK"), {}),
    ],
)
def test_lossless_pictures_give_the_original_digit(name, draw, options, tmp_path):
    found = differences(tmp_path, name, draw, **options)
    assert len(found) == 50
    assert (found <= 1).mean() >= 0.98  # the others have an outermost row that is fainter than what counts as ink
    assert found.mean() <= 0.7


@pytest.mark.parametrize(
    ("name", "draw", "options"),
    [
        ("photo.jpg", lambda pixels: blocks(255 - pixels, 11), {"quality": 85}),
        ("photo.webp", lambda pixels: blocks(255 - pixels, 9).convert("RGB"), {"quality": 80}),
    ],
)
def test_lossy_pictures_give_nearly_the_original_digit(name, draw, options, tmp_path):
    found = differences(tmp_path, name, draw, **options)
    assert np.median(found) <= 1
    assert found.mean() <= 1.5


@pytest.mark.parametrize("resampling", [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
@pytest.mark.parametrize(("size", "suffix"), [((503, 503), "png"), ((97, 97), "bmp"), ((333, 333), "jpg")])
def test_smoothly_enlarged_pictures_give_nearly_the_original_digit(resampling, size, suffix, tmp_path):
    path = tmp_path / f"smooth.{suffix}"
    found = []
    for pixels in DIGITS:
        Image.fromarray(255 - pixels).resize(size, resampling).save(path)
        found.append(np.corrcoef(digit_image.prepare(path).ravel(), pixels.ravel())[0, 1])
    assert np.median(found) >= 0.95
    assert np.min(found) >= 0.5  # moved by a pixel, at worst


def test_a_thin_tall_stroke_is_scaled_and_centred_as_in_mnist(tmp_path):
    picture = Image.new("RGB", (900, 1300), (250, 250, 245))
    ImageDraw.Draw(picture).line((100, 200, 160, 1200), fill=(40, 40, 60), width=30)
    picture.save(tmp_path / "one.png")
    pixels = digit_image.prepare(tmp_path / "one.png")
    assert (pixels.shape, pixels.dtype, pixels.max()) == ((28, 28, 1), np.uint8, 255)
    rows, columns = np.nonzero(pixels[..., 0] > 51)
    assert rows.max() - rows.min() + 1 == 20
    assert columns.max() - columns.min() + 1 in (1, 2, 3)
    for axis in (0, 1):
        centre = np.average(np.arange(28), weights=pixels[..., 0].sum(axis=1 - axis))
        assert 13.5 <= centre <= 14.5


def test_exif_orientation_is_applied(tmp_path):
    upright = Image.fromarray(255 - DIGITS[3]).resize((280, 280), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise by a quarter to see it upright
    upright.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    upright.save(tmp_path / "upright.png")
    np.testing.assert_array_equal(
        digit_image.prepare(tmp_path / "turned.png"), digit_image.prepare(tmp_path / "upright.png")
    )
