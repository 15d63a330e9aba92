"""Find the ink of each digit in a picture: uneven light, noise, specks, edges and ruled lines are left out."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold
from skimage.measure import label, regionprops
from skimage.transform import hough_line

from tools.picture_file import border_pixels

EIGHT = np.ones((3, 3), bool)
MIN_SIDE = 100  # pixels; smaller pictures are enlarged by a whole number, so that lengths below fit
ALIKE = 6  # of 255: border pixels that differ less from their median are of one colour
FLAT = 16 / 255  # a picture with less contrast is empty
FAINT = 0.2  # share of the strongest contrast below which nothing is ink: JPEG artifacts, the grain of paper
SHADE = 0.4  # the same in uneven light, where edges of shadows remain
SMALL = 96  # pixels: the longer side at which the light is estimated
STROKE = 0.3  # of the picture's shorter side: strokes are thinner
SMALLEST = 0.04  # of the picture's longer side: a digit is larger
MOST_PARTS = 200  # more than that are a texture
TURNS = np.deg2rad(np.arange(-8, 8.1, 0.5))  # how far ruled lines may be askew
ANGLES = np.concatenate([TURNS, TURNS + np.pi / 2])
NOISE = 5  # standard deviations of the noise; what is fainter is no ink


@dataclass(frozen=True)
class Ink:
    """One digit: its ink, float32 (H, W) from 0 to 1 and black elsewhere, and its box (left, top, right, bottom)."""

    values: np.ndarray
    box: tuple[int, int, int, int]


def find_digits(pixels: np.ndarray) -> list[Ink]:
    """The digits in a picture, uint8 (H, W, 3), from left to right."""
    scale = max(1, -(-MIN_SIDE // max(pixels.shape[:2])))
    picture = pixels.repeat(scale, axis=0).repeat(scale, axis=1).astype(np.float32)
    border = border_pixels(picture)
    colour = np.median(border, axis=0)
    even = (np.abs(border - colour).max(axis=1) <= ALIKE).mean() >= 0.8
    contrast, noise = _smoothed(_strongest(np.abs(picture - colour)) / 255 if even else _uneven(picture))
    parts = _parts(contrast, max(FLAT, NOISE * noise), FAINT if even else SHADE)
    return [_ink(contrast, group, max(2 / 255, NOISE * noise), 0 if even else FAINT) for group in _grouped(parts)]


def _smoothed(contrast: np.ndarray) -> tuple[np.ndarray, float]:
    """The contrast, smoothed as its noise needs, and the standard deviation of the noise that is left."""
    rough = np.abs(contrast[:, 2:] - 2 * contrast[:, 1:-1] + contrast[:, :-2])
    noise = float(np.median(rough)) / 0.6745 / 6**0.5
    sigma = min(noise * 255 / 4, 1.5)
    if sigma < 0.25:
        return contrast, noise
    smooth = ndimage.gaussian_filter(contrast, sigma)
    return np.clip(smooth - np.median(smooth), 0, 1), noise / (1 + 3 * sigma)


def _strongest(channels: np.ndarray) -> np.ndarray:
    """The maximum over the channels of (H, W, 3)."""
    return np.maximum(np.maximum(channels[..., 0], channels[..., 1]), channels[..., 2])


def _resized(channels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Scale float32 (H, W, 3) to `shape`, (height, width)."""
    bands = [Image.fromarray(np.ascontiguousarray(channels[..., band])) for band in range(3)]
    return np.stack([np.asarray(band.resize(shape[::-1], Image.Resampling.BILINEAR)) for band in bands], axis=-1)


def _uneven(picture: np.ndarray) -> np.ndarray:
    """The contrast with a sheet in uneven light: a smooth surface, then what is wider than any stroke."""
    factor = SMALL / max(picture.shape[:2])
    shape = tuple(max(8, round(side * factor)) for side in picture.shape[:2])
    small = _resized(picture, shape)
    surface = _surface(small)
    rest = small - surface
    sign = -1 if (rest.mean(axis=-1) ** 3).sum() < 0 else 1  # ink is darker or lighter than the sheet
    window = 2 * round(STROKE * min(shape) / 2) + 1
    wide = sign * ndimage.grey_opening(sign * rest, (window, window, 1), mode="nearest")
    sheet = _resized(surface + ndimage.gaussian_filter(wide, (2, 2, 0)), picture.shape[:2])
    reach = np.maximum(_strongest(sheet), 32) if sign < 0 else 255
    contrast = _strongest(sign * (picture - sheet)) / reach
    return np.clip(contrast - np.median(contrast), 0, 1).astype(np.float32)


def _surface(small: np.ndarray) -> np.ndarray:
    """A cubic surface through most pixels of each channel, float32 (h, w, 3)."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in small.shape[:2]), indexing="ij")
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1).reshape(-1, 10)
    values = small.reshape(-1, 3)
    inside = np.ones(len(values), bool)
    for _ in range(8):
        chosen = terms[inside]  # by the normal equations, which are well conditioned here and fast
        fitted = terms @ np.linalg.solve(chosen.T @ chosen + 1e-6 * np.eye(10), chosen.T @ values[inside])
        error = np.abs(values - fitted).max(axis=1)
        inside = error <= max(2.5 * float(np.median(error)), 1)
    return fitted.reshape(small.shape).astype(np.float32)


def _parts(contrast: np.ndarray, floor: float, faint: float) -> np.ndarray:
    """The ink without edges, ruled lines and specks: a number for each connected part, int (H, W), 0 elsewhere."""
    mask = contrast > max(floor, FAINT * float(contrast.max()))
    inner = _without_edges(mask)
    if not inner.any():
        inner = mask
    ruled = _without_lines(contrast, inner)
    inner = ruled if ruled.any() else inner
    if not inner.any():
        return np.zeros(contrast.shape, int)
    strongest = float(np.percentile(contrast[inner], 100 if faint == FAINT else 95))
    seen = np.where(inner, contrast, 0)
    seen[inner & ~mask] = faint * strongest + floor  # where ink was written over a ruled line
    sure = apply_hysteresis_threshold(seen, max(floor, faint * strongest), max(floor, 0.5 * strongest))
    return label(sure, connectivity=2)


def _without_edges(mask: np.ndarray) -> np.ndarray:
    """Remove parts that lie along the picture's border."""
    if not border_pixels(mask[..., np.newaxis]).any():
        return mask
    parts = label(mask, connectivity=2)
    wrong = []
    for region in regionprops(parts):
        top, left, bottom, right = region.bbox
        sides = (parts[0], parts[-1], parts[:, 0], parts[:, -1])
        longest = max((side == region.label).sum() / len(side) for side in sides)
        thin = min(bottom - top, right - left) < 0.1 * min(mask.shape)
        if longest > 0.8 or (longest > 0.1 and thin):
            wrong.append(region.label)
    return mask & ~np.isin(parts, wrong)


def _without_lines(contrast: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Remove straight lines that cross the whole picture, but not stronger ink that is written on them."""
    if not border_pixels(mask[..., np.newaxis]).any():
        return mask
    step = max(1, max(mask.shape) // 200)
    small = ndimage.maximum_filter(mask, step)[::step, ::step]
    found, _, distances = hough_line(ndimage.binary_dilation(small, EIGHT), ANGLES)
    whole = _full_lines(small.shape)
    lines = (whole > 0.5 * min(small.shape)) & (found >= 0.85 * whole)
    if not lines.any():
        return mask
    y, x = np.nonzero(mask)
    band = np.zeros_like(mask)
    near = ndimage.maximum_filter(lines, (3, 1))
    for column in np.nonzero(lines.any(axis=0))[0]:
        place = (x * np.cos(ANGLES[column]) + y * np.sin(ANGLES[column])) / step - distances[0]
        on = near[np.clip(place.round().astype(int), 0, len(distances) - 1), column]
        band[y[on], x[on]] = True
    usual = float(np.median(contrast[band]))
    kept = mask & (~band | (contrast > 1.5 * usual))
    return kept | (ndimage.binary_closing(kept, EIGHT, iterations=3) & band)


@lru_cache(maxsize=4)
def _full_lines(shape: tuple[int, int]) -> np.ndarray:
    """How many pixels of a picture lie on each line of the Hough transform."""
    return hough_line(np.ones(shape, bool), ANGLES)[0]


def _grouped(parts: np.ndarray) -> list[np.ndarray]:
    """The masks, bool (H, W), of the digits, from left to right; a digit may have several parts."""
    boxes = {region.label: region.bbox for region in regionprops(parts)}
    size = {key: max(box[2] - box[0], box[3] - box[1]) for key, box in boxes.items()}
    largest = max(size.values(), default=0)
    order = sorted((key for key in boxes if size[key] >= 0.08 * largest), key=lambda key: -size[key])
    if largest < max(8, SMALLEST * max(parts.shape)) or len(order) > MOST_PARTS:
        return []
    groups: list[list[int]] = []
    for key in order:
        home = next((group for group in groups if any(_belongs(boxes[key], boxes[one]) for one in group)), None)
        if home is not None:
            home.append(key)
        elif size[key] >= 0.4 * largest:
            groups.append([key])
    groups.sort(key=lambda group: min(boxes[key][1] for key in group))
    return [np.isin(parts, group) for group in groups]


def _belongs(part: tuple[int, ...], digit: tuple[int, ...]) -> bool:
    """Whether a part, given by its box, belongs to the same digit as a larger one."""
    height, width = digit[2] - digit[0], digit[3] - digit[1]
    below = max(part[0] - digit[2], digit[0] - part[2], 0)
    aside = max(part[1] - digit[3], digit[1] - part[3], 0)
    common = min(part[3], digit[3]) - max(part[1], digit[1])
    above_each_other = common >= 0.4 * min(part[3] - part[1], width)
    small = part[2] - part[0] < 0.6 * height
    near = 0.25 * max(height, width)
    return below <= near and aside <= near and (above_each_other or small)


def _ink(contrast: np.ndarray, mask: np.ndarray, floor: float, faint: float) -> Ink:
    """The ink of a digit with the faint ink around it, from the mask of its stronger ink."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    reach = max(2, round(0.06 * max(box[2] - box[0], box[3] - box[1])))
    strongest = float(np.percentile(contrast[mask], 95 if faint else 100))
    around = ndimage.maximum_filter(mask, 2 * reach + 1) & (contrast > max(floor, faint * strongest))
    return Ink(np.where(around, np.clip(contrast / strongest, 0, 1), 0).astype(np.float32), box)
