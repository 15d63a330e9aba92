"""Corruptions of digits in three severities; those that MNIST-C has, too, have its names (Mu & Gilmer, 2019).

Every corruption computes in float64 and is rounded to the nearest integer once, in `corrupt`. Libraries of other
machines may differ in the last bits of a float64; no pixel depends on these unless it lies within 1e-9 of a half, and
the severities are chosen so that none does: half a pixel, for one, would put many exactly there.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from skimage import morphology, transform, util

from models.constants import IMAGE_SIZE

SEVERITIES = 3
CENTRE = (IMAGE_SIZE - 1) / 2
FINE = 4  # images are enlarged this many times to make strokes thicker or thinner
ELASTIC_SMOOTHNESS = 4.0  # standard deviation of the filter, in pixels, as in Simard et al. (2003)

Corruption = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _translate(image: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    return ndimage.shift(image, pixels * rng.choice([-1, 1], 2), order=0)


def _rotate(image: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    return _warp(image, rotation=np.deg2rad(degrees) * rng.choice([-1, 1]))


def _scale(image: np.ndarray, factor: float, _: np.random.Generator) -> np.ndarray:
    return _warp(image, scale=1 / factor)


def _shear(image: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    return _warp(image, shear=np.deg2rad(degrees) * rng.choice([-1, 1]))


def _warp(image: np.ndarray, **options: float) -> np.ndarray:
    """Resample linearly about the centre; `options` are of the map from the result's pixels to the image's."""
    to_centre = transform.AffineTransform(translation=(-CENTRE, -CENTRE))
    back = transform.AffineTransform(translation=(CENTRE, CENTRE))
    return transform.warp(image, to_centre + transform.AffineTransform(**options) + back, order=1)


def _elastic(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    fields = rng.uniform(-1, 1, (2, *image.shape))
    smooth = np.stack([ndimage.gaussian_filter(field, ELASTIC_SMOOTHNESS, mode="constant") for field in fields])
    return ndimage.map_coordinates(image, np.indices(image.shape) + strength * smooth, order=1)


def _thicken(image: np.ndarray, pixels: float, _: np.random.Generator) -> np.ndarray:
    return _coarse(morphology.dilation(_fine(image), morphology.disk(round(FINE * pixels))))


def _thin(image: np.ndarray, pixels: float, _: np.random.Generator) -> np.ndarray:
    """Erode the strokes, but keep a line of one pixel in their middle."""
    eroded = _coarse(morphology.erosion(_fine(image), morphology.disk(round(FINE * pixels))))
    return np.maximum(eroded, image * morphology.skeletonize(image > 127))


def _fine(image: np.ndarray) -> np.ndarray:
    return image.repeat(FINE, axis=0).repeat(FINE, axis=1)


def _coarse(image: np.ndarray) -> np.ndarray:
    """The mean of each pixel's fine ones, rounded here, where halves are exact."""
    return np.floor(image.reshape(IMAGE_SIZE, FINE, IMAGE_SIZE, FINE).mean(axis=(1, 3)) + 0.5)


def _gaussian_noise(image: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return image + deviation * rng.standard_normal(image.shape)


def _impulse_noise(image: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    return 255 * util.random_noise(image / 255, mode="s&p", amount=share, rng=rng)


def _blur(image: np.ndarray, deviation: float, _: np.random.Generator) -> np.ndarray:
    return ndimage.gaussian_filter(image, deviation, mode="constant")


def _contrast(image: np.ndarray, factor: float, _: np.random.Generator) -> np.ndarray:
    return factor * image


def _uneven_light(image: np.ndarray, loss: float, rng: np.random.Generator) -> np.ndarray:
    """The photograph of dark ink on a sheet that loses this share of its light from one end to the other."""
    angle = rng.uniform(0, 2 * np.pi)
    row, column = (np.indices(image.shape) - CENTRE) / CENTRE
    along = np.cos(angle) * column + np.sin(angle) * row
    light = 1 - loss * (along - along.min()) / np.ptp(along)
    return 255 - (255 - image) * light


def _occlusion(image: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """A grey square on the digit, around one of its pixels."""
    row, column = rng.permutation(np.argwhere(image > 127))[0] - int(side) // 2
    result = image.copy()
    result[max(row, 0) : row + int(side), max(column, 0) : column + int(side)] = 127
    return result


CORRUPTIONS: dict[str, tuple[Corruption, tuple[float, float, float]]] = {  # and a parameter for each severity
    "translate": (_translate, (2, 3, 4)),  # pixels, in both directions
    "rotate": (_rotate, (14, 22, 31)),  # degrees
    "scale": (_scale, (0.8127, 0.6873, 0.5719)),  # of the size
    "shear": (_shear, (13, 21, 29)),  # degrees
    "elastic": (_elastic, (17, 25, 33)),  # times a smooth field of displacements, in pixels
    "thicken": (_thicken, (0.5, 1, 1.5)),  # pixels on each side
    "thin": (_thin, (0.25, 0.5, 0.75)),  # pixels on each side
    "gaussian_noise": (_gaussian_noise, (20, 40, 60)),  # standard deviation, of 255
    "impulse_noise": (_impulse_noise, (0.03, 0.07, 0.12)),  # share of the pixels, half of them white
    "blur": (_blur, (0.8, 1.1, 1.4)),  # standard deviation, pixels
    "contrast": (_contrast, (0.613, 0.367, 0.231)),  # of the contrast
    "uneven_light": (_uneven_light, (0.213, 0.371, 0.529)),  # share of the light lost across the sheet
    "occlusion": (_occlusion, (4, 6, 8)),  # pixels, the square's side
}


def corrupt(image: np.ndarray, name: str, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Corrupt one image, uint8 (28, 28), with severity 1, 2 or 3; returns the same shape and dtype."""
    corruption, parameters = CORRUPTIONS[name]
    return quantize(corruption(image.astype(np.float64), parameters[severity - 1], rng))


def quantize(values: np.ndarray) -> np.ndarray:
    """Round to the nearest of 0 to 255, as uint8."""
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
