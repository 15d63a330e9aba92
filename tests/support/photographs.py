"""Drawn photographs of MNIST's digits, and how well a model reads them: `python -m tests.support.photographs`."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipeline.core.errors import PipelineError
from pipeline.core.paths import CHAMPION, PROCESSED
from pipeline.dataset.splits import load_split
from pipeline.runtime import model_file, session
from tools import digit_image

CERTAIN = 0.9  # a wrong answer with a higher probability is "wrong and certain"
Rng = np.random.Generator


def glyph(digit: np.ndarray, side: int, thin: bool = False) -> np.ndarray:
    """The strokes of a digit, uint8 (28, 28), with sharp edges: coverage from 0 to 1, float (side, side)."""
    image = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    smooth = np.asarray(image, dtype=float) / 255
    low, high = (0.55, 0.9) if thin else (0.25, 0.6)
    return np.clip((smooth - low) / (high - low), 0, 1)


def sheet(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """An empty sheet, float (height, width, 3), and the colour of a pen, float (3,), both 0 to 255."""
    height, width = rng.integers(480, 900, size=2)
    paper = rng.uniform(222, 242) + rng.uniform(-6, 6, size=3)
    return np.broadcast_to(paper, (height, width, 3)).copy(), rng.uniform(25, 75) + rng.uniform(-15, 40, size=3)


def write(page: np.ndarray, digit: np.ndarray, pen: np.ndarray, rng: Rng, thin: bool = False) -> None:
    """Draw one digit somewhere on the page, a quarter to three quarters of its shorter side tall, at a slight angle."""
    side = int(rng.uniform(0.3, 0.85) * min(page.shape[:2]))
    top, left = (int(rng.integers(0, length - side + 1)) for length in page.shape[:2])
    strokes = Image.fromarray((255 * glyph(digit, side, thin)).astype(np.uint8))
    strokes = strokes.rotate(rng.uniform(-7, 7), Image.Resampling.BICUBIC)
    _ink(page[top : top + side, left : left + side], np.asarray(strokes) / 255, pen)


def _ink(region: np.ndarray, coverage: np.ndarray, pen: np.ndarray) -> None:
    region += coverage[..., np.newaxis] * (np.minimum(pen, region) - region)


def _ramp(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """A plane from 0 to 1 in a random direction, float (height, width, 1)."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]]
    plane = np.cos(angle) * x + np.sin(angle) * y
    return ((plane - plane.min()) / np.ptp(plane))[..., np.newaxis]


def flat(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Dark ink on even paper."""
    page, pen = sheet(rng)
    write(page, digit, pen, rng)
    return page


def noise(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """A camera's noise, of a standard deviation of 10 in each channel."""
    page = flat(digit, rng)
    return page + rng.normal(0, 10, size=page.shape)


def light(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Light from one side: white paper falls from 235 to 175."""
    page = flat(digit, rng)
    return page * (1 - _ramp(page.shape, rng) * (60 / 235)) + rng.normal(0, 3, size=page.shape)


def dark_corners(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """A lens that takes half of the light in the corners."""
    page = flat(digit, rng)
    y, x = (np.linspace(-1, 1, length) for length in page.shape[:2])
    distance = (y[:, np.newaxis] ** 2 + x**2) / 2
    return page * (1 - 0.5 * distance[..., np.newaxis]) + rng.normal(0, 3, size=page.shape)


def pencil(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """A thin pencil in light from one side."""
    page, _ = sheet(rng)
    write(page, digit, np.full(3, rng.uniform(120, 165)), rng, thin=True)
    return page * (1 - _ramp(page.shape, rng) * (60 / 235)) + rng.normal(0, 4, size=page.shape)


def scan_edge(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """A scan with a dark strip along one or two sides."""
    page = flat(digit, rng)
    for side in rng.permutation(4)[: rng.integers(1, 3)]:
        turned = np.rot90(page, side)
        turned[:, : int(rng.uniform(0.01, 0.05) * turned.shape[1])] = rng.uniform(10, 90)
    return page


def squared(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Squared paper, slightly askew."""
    page, pen = sheet(rng)
    spacing, colour = rng.uniform(22, 60), rng.uniform(130, 190) + np.array([-25, 0, 35])
    lines = Image.new("L", (page.shape[1] * 2, page.shape[0] * 2))
    draw = ImageDraw.Draw(lines)
    for start in np.arange(0, max(lines.size), spacing):
        draw.line((start, 0, start, lines.height), fill=255, width=2)
        draw.line((0, start, lines.width, start), fill=255, width=2)
    lines = lines.rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.6))
    top, left = page.shape[0] // 2, page.shape[1] // 2
    _ink(page, np.asarray(lines)[top : top + page.shape[0], left : left + page.shape[1]] / 255, colour)
    write(page, digit, pen, rng)
    return page + rng.normal(0, 3, size=page.shape)


def shadow(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """The shadow of a hand or a phone across the page, with a soft edge."""
    page = flat(digit, rng)
    edge = np.clip((_ramp(page.shape, rng) - rng.uniform(0.3, 0.7)) / 0.04, 0, 1)
    return page * (1 - rng.uniform(0.25, 0.4) * edge) + rng.normal(0, 3, size=page.shape)


def chalk(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Light on dark: chalk on an unevenly lit board."""
    page, _ = sheet(rng)
    page *= 0.3
    inverted = 255 - page
    write(inverted, digit, np.full(3, rng.uniform(30, 80)), rng)
    return (255 - inverted) * (1 - 0.3 * _ramp(page.shape, rng)) + rng.normal(0, 5, size=page.shape)


def two_digits(digit: np.ndarray, rng: Rng, other: np.ndarray) -> np.ndarray:
    """Two digits side by side."""
    page, pen = sheet(rng)
    side = int(rng.uniform(0.3, 0.48) * min(page.shape[:2]))
    row = int(rng.integers(0, page.shape[0] - side + 1))
    left = int(rng.integers(0, page.shape[1] - 2 * side + 1))
    for index, one in enumerate((digit, other)):
        start = left + index * side
        _ink(page[row : row + side, start : start + side], glyph(one, side), pen)
    return page + rng.normal(0, 3, size=page.shape)


def nothing(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """An empty sheet in light from one side."""
    page, _ = sheet(rng)
    return page * (1 - _ramp(page.shape, rng) * (60 / 235)) + rng.normal(0, 5, size=page.shape)


ONE = (flat, noise, light, dark_corners, pencil, scan_edge, squared, shadow, chalk)
REFUSED = (two_digits, nothing)


def draw(kind: Callable[..., np.ndarray], digits: np.ndarray, index: int, seed: int = 0) -> Image.Image:
    """The photograph of that kind of `digits[index]`; the same for the same arguments."""
    rng = np.random.default_rng([seed, index])
    others = (digits[(index + 1) % len(digits)],) if kind is two_digits else ()
    return Image.fromarray(kind(digits[index], rng, *others).clip(0, 255).round().astype(np.uint8))


def prepared(kind: Callable[..., np.ndarray], digits: np.ndarray, folder: Path) -> list[np.ndarray | None]:
    """What tools.digit_image finds in a JPEG of each photograph; None where it refuses."""
    found: list[np.ndarray | None] = []
    for index in range(len(digits)):
        draw(kind, digits, index).save(folder / "photo.jpg", quality=88)
        try:
            found.append(digit_image.prepare(folder / "photo.jpg"))
        except PipelineError:
            found.append(None)
    return found


def main(arguments: argparse.Namespace) -> None:
    """Print, for each model and kind of photograph, the shares that are read right, wrong with certainty, refused."""
    images, labels = load_split(arguments.split, PROCESSED)
    images, labels = images[: arguments.count, ..., 0], labels[: arguments.count]
    session.import_tensorflow()
    models = [model_file.load_model(path) for path in arguments.models]
    titles = [f"{word}, {path.parent.name}" for path in arguments.models for word in ("right", "wrong and certain")]
    print(f"| photographs | {' | '.join(titles)} | refused |\n|:--|{'--:|' * len(titles)}--:|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in (*ONE, *REFUSED):
            pictures = prepared(kind, images, Path(folder))
            read = np.array([index for index, picture in enumerate(pictures) if picture is not None], int)
            shares = [share for model in models for share in _shares(model, kind, pictures, labels, read)]
            shares.append(1 - len(read) / len(images))
            name = kind.__name__.replace("_", " ")
            print(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |", flush=True)


def _shares(model: Any, kind: Callable[..., np.ndarray], pictures: list, labels: np.ndarray, read: np.ndarray) -> tuple:
    """The shares of all pictures that the model reads right, and wrong with certainty."""
    if not len(read):
        return 0.0, 0.0
    answers = model.predict(np.stack([pictures[index] for index in read]), verbose=0)
    right = (answers.argmax(axis=1) == labels[read]) & (kind in ONE)
    return right.sum() / len(labels), ((answers.max(axis=1) > CERTAIN) & ~right).sum() / len(labels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="photographs of each kind")
    parser.add_argument("--split", default="test", help="test, or validation to tune on")
    parser.add_argument("models", type=Path, nargs="*", metavar="MODEL", default=[CHAMPION / "model.keras"])
    main(parser.parse_args())
