"""Make the digits beyond the test set: corrupted test and validation digits, and digits of another source."""

import argparse

import numpy as np

from pipeline.config.params import images_of_each_corruption, load_params
from pipeline.core import errors
from pipeline.core.paths import STRESS
from pipeline.dataset.splits import load_split, subset_indices
from pipeline.figures import digit_grid, style
from pipeline.formats.tables import write_arrays
from pipeline.stress.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from pipeline.stress.other_source import other_source
from pipeline.stress.score import OTHER_SOURCE

POOL = 500  # images of a split that are corrupted; so few that nearly every run is scored on the originals, too
OFFSET = 3  # of the digit that a condition begins with, from that of the condition before
SPLITS = ("test", "validation")  # kept apart: models may be chosen by the one, but not by the other

Arrays = dict[str, np.ndarray]


def main(_: argparse.Namespace) -> None:
    """Write `data/stress`."""
    config = load_params().stress
    digits = {split: load_split(split) for split in SPLITS}
    count = images_of_each_corruption(config.share, len(digits["test"][1]))
    for number, (split, (images, labels)) in enumerate(digits.items()):
        made = corrupted(images, labels, count, [config.seed, number])
        write_arrays(STRESS / f"{split}.npz", **made)
        if split == "test":
            draw_samples(images, made)
    images, labels = other_source()
    order = np.random.default_rng(config.seed).permutation(len(labels))
    write_arrays(STRESS / f"{OTHER_SOURCE}.npz", images=images[order], labels=labels[order])


def corrupted(images: np.ndarray, labels: np.ndarray, count: int, seed: list[int]) -> Arrays:
    """Corrupt `count` images for each corruption and severity.

    Args:
        images: uint8 (N, 28, 28, 1).
        labels: (N,).
        count: Images for each corruption and severity.
        seed: Of the choice of images and of the corruptions.

    Returns:
        `names` of the M corruptions; `images`, uint8 (M, 3, count, 28, 28, 1); `labels`, uint8 (M, 3, count); and
        `index`, the place of each in the split, int (M, 3, count).
    """
    conditions = [(name, severity) for name in CORRUPTIONS for severity in range(1, SEVERITIES + 1)]
    index = choose(labels, len(conditions), count, seed)
    made = np.empty((*index.shape, *images.shape[1:]), np.uint8)
    for place, (name, severity) in enumerate(conditions):
        rng = np.random.default_rng([*seed, place])
        for row, image in enumerate(images[index[place], ..., 0]):
            made[place, row, ..., 0] = corrupt(image, name, severity, rng)
    index = index.reshape(len(CORRUPTIONS), SEVERITIES, count)
    return {
        "names": np.array(list(CORRUPTIONS)),
        "images": made.reshape(*index.shape, *images.shape[1:]),
        "labels": labels[index],
        "index": index,
    }


def choose(labels: np.ndarray, conditions: int, count: int, seed: list[int]) -> np.ndarray:
    """Choose `count` images for each condition, int (conditions, count), each digit as often as the others.

    The digits take turns, so that the first few images of all conditions together are balanced, too.
    """
    pool = np.random.default_rng(seed).permutation(subset_indices(labels, min(POOL, len(labels))))
    by_digit = [pool[labels[pool] == digit] for digit in np.unique(labels)]
    digits, turns = len(by_digit), -(-count // len(by_digit))
    result = np.empty((conditions, count), int)
    for condition, place in np.ndindex(*result.shape):
        of_digit = by_digit[(place + OFFSET * condition) % digits]
        result[condition, place] = of_digit[(condition * turns + place // digits) % len(of_digit)]
    return result


def draw_samples(images: np.ndarray, made: Arrays) -> None:
    """Draw the first image of each corruption and severity after its original."""
    shown, captions = [], []
    for name, row, index in zip(made["names"], made["images"], made["index"], strict=True):
        shown += [images[index[0, 0]], *row[:, 0]]
        captions += [name.replace("_", " "), *map(str, range(1, SEVERITIES + 1))]
    title = "Corrupted test digits: an uncorrupted one, then others with severity 1, 2 and 3"
    style.save(digit_grid.draw_digits(np.stack(shown), captions, title, 2 * (SEVERITIES + 1)), STRESS / "samples.png")


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
