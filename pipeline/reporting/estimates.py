"""The difference between two networks, as means over seeds: how sure it is, and what would make it surer."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.reporting.statistics import ALPHA, Interval

POWER = 0.8  # with which a difference counts as detectable
MAX_MORE = 1000  # seeds on each side; needing more of them is as good as never


@dataclass(frozen=True)
class Estimate:
    """The mean over the seeds of one network minus that of another, both perhaps measured on the same images.

    Its variance is the sum of both sides' variance over seeds and of the variance over images, with Satterthwaite's
    degrees of freedom: Clark's min F' (1973, "The language-as-fixed-effect fallacy"). A seed's own mistakes count in
    both sums, so the interval errs on the wide side.

    `seeds` are their numbers. `seed_variances` are those of one seed's value; `image_variance` is that of the
    difference over the choice of images, which no further seed reduces, and `residuals` what each side adds to it,
    divided by its seeds. `images` is their number, 0 if each seed has one value and no more.
    """

    value: float
    seeds: tuple[int, int]
    seed_variances: tuple[float, float]
    images: int = 0
    image_variance: float = 0.0
    residuals: tuple[float, float] = (0.0, 0.0)

    @property
    def interval(self) -> Interval:
        """The difference with its 95 % interval."""
        error, freedom = self._error()
        half = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
        return Interval(self.value, self.value - half, self.value + half)

    def detectable(self, more: int = 0) -> float:
        """The smallest true difference that would be found with 80 % power, with so many more seeds on each side."""
        error, freedom = self._error(more)
        return float(stats.t.ppf(1 - ALPHA / 2, freedom) + stats.t.ppf(POWER, freedom)) * error

    def more_seeds(self, difference: float) -> int | None:
        """How many more seeds on each side would detect a difference of this size; None if even a thousand do not."""
        more = bisect_left(range(MAX_MORE + 1), True, key=lambda more: self.detectable(more) <= abs(difference))
        return more if more <= MAX_MORE else None

    def _error(self, more: int = 0) -> tuple[float, float]:
        """The standard error and its degrees of freedom, with so many more seeds on each side."""
        counts = [count + more for count in self.seeds]
        parts = [variance / count for variance, count in zip(self.seed_variances, counts, strict=True)]
        of_images = self.image_variance + sum(map(float, np.divide(self.residuals, counts)))
        total = sum(parts) + of_images
        squares = sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
        squares += of_images**2 / max(1, self.images - 1)
        return total**0.5, total**2 / squares if squares else float("inf")


def over_seeds(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Compare one value per seed of each side, two seeds at least (Welch's comparison)."""
    variances = float(np.var(first, ddof=1)), float(np.var(second, ddof=1))
    return Estimate(float(np.mean(first) - np.mean(second)), (len(first), len(second)), variances)


def over_seeds_and_images(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Compare the scores of two sets of seeds, two at least, on the same images.

    Args:
        first: float (seeds, N), the score of each seed on each image.
        second: float (other seeds, N), of the same images.
    """
    sides, images = (first, second), first.shape[1]
    residuals = tuple(_residual(scores) / images for scores in sides)
    over_images = float((first.mean(axis=0) - second.mean(axis=0)).var(ddof=1)) / images
    of_seeds = sum(residual / len(scores) for residual, scores in zip(residuals, sides, strict=True))
    return Estimate(
        float(first.mean() - second.mean()),
        (len(first), len(second)),
        tuple(float(scores.mean(axis=1).var(ddof=1)) for scores in sides),
        images,
        max(0.0, over_images - of_seeds),
        residuals,
    )


def _residual(scores: np.ndarray) -> float:
    """The variance of scores, float (seeds, N), that neither the seed's mean nor the image's explains."""
    seeds, images = scores.shape
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    return float((rest**2).sum()) / ((seeds - 1) * (images - 1))
