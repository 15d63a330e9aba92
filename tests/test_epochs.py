"""The order and the shifts of an epoch's images."""

import numpy as np
import pytest

from pipeline import epochs

IMAGES = np.arange(1, 13, dtype=np.uint8).reshape(1, 4, 3, 1)  # 4 high, 3 wide
MANY = np.random.default_rng(0).integers(1, 256, (50, 28, 28, 1), dtype=np.uint8)
LABELS = np.arange(50, dtype=np.uint8)


@pytest.mark.parametrize(
    ("down", "right", "expected"),
    [
        (0, 0, [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]),
        (1, 0, [[0, 0, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (-1, 0, [[4, 5, 6], [7, 8, 9], [10, 11, 12], [0, 0, 0]]),
        (0, 1, [[0, 1, 2], [0, 4, 5], [0, 7, 8], [0, 10, 11]]),
        (0, -2, [[3, 0, 0], [6, 0, 0], [9, 0, 0], [12, 0, 0]]),
        (2, -1, [[0, 0, 0], [0, 0, 0], [2, 3, 0], [5, 6, 0]]),
    ],
)
def test_a_shift(down, right, expected):
    shifted = epochs.shifted(IMAGES, np.array([[down, right]]))
    np.testing.assert_array_equal(shifted[0, :, :, 0], expected)
    assert (shifted.dtype, shifted.shape) == (np.uint8, IMAGES.shape)


def test_each_image_has_its_own_shift_and_channels_stay_together():
    colour = np.stack([IMAGES[0, :, :, 0], 10 + IMAGES[0, :, :, 0]], axis=-1)
    both = epochs.shifted(np.stack([colour, colour]), np.array([[0, 0], [3, 2]]))
    np.testing.assert_array_equal(both[0], colour)
    np.testing.assert_array_equal(both[1, 3, 2], [1, 11])
    assert both[1].sum() == 12


def test_an_epoch_has_every_image_once_with_its_label():
    images, labels = epochs.arrays(MANY, LABELS, seed=1, epoch=0, max_shift=0)
    assert sorted(labels) == list(range(50))
    assert list(labels) != list(range(50))
    np.testing.assert_array_equal(images, MANY[labels])


def test_shifted_images_keep_their_labels_and_shifts_reach_both_ends():
    images, labels = epochs.arrays(MANY, LABELS, seed=1, epoch=0, max_shift=2)
    found = set()
    for image, label in zip(images, labels, strict=True):
        shifts = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(image, epochs.shifted(MANY[label][None], np.array([[down, right]]))[0])
        ]
        assert len(shifts) == 1
        found |= set(shifts)
    assert {down for down, _ in found} == {right for _, right in found} == {-2, -1, 0, 1, 2}


def test_equal_for_equal_seed_and_epoch_and_different_otherwise():
    images, labels = epochs.arrays(MANY, LABELS, seed=1, epoch=3, max_shift=2)
    again = epochs.arrays(MANY, LABELS, seed=1, epoch=3, max_shift=2)
    np.testing.assert_array_equal(images, again[0])
    np.testing.assert_array_equal(labels, again[1])
    orders = {tuple(epochs.arrays(MANY, LABELS, seed, epoch, 2)[1]) for seed in (1, 2, 3) for epoch in (0, 1, 2)}
    assert len(orders) == 9


def test_what_came_in_is_left_as_it_was():
    before = MANY.copy()
    epochs.arrays(MANY, LABELS, seed=1, epoch=0, max_shift=2)
    np.testing.assert_array_equal(MANY, before)
    np.testing.assert_array_equal(LABELS, np.arange(50))
