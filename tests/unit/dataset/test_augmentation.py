"""The order and the shifts of an epoch's images."""

import numpy as np
import pytest

from pipeline.config.schema import TrainConfig
from pipeline.dataset import augmentation

IMAGES = np.arange(1, 13, dtype=np.uint8).reshape(1, 4, 3, 1)  # 4 high, 3 wide
MANY = np.random.default_rng(0).integers(1, 256, (50, 28, 28, 1), dtype=np.uint8)
LABELS = np.arange(50, dtype=np.uint8)


def protocol(seed=1, max_shift=0, **changes):
    """All that an epoch's images depend on."""
    return TrainConfig.model_construct(seed=seed, max_shift=max_shift, **changes)


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
    shifted = augmentation.translate(IMAGES, np.array([[down, right]]))
    np.testing.assert_array_equal(shifted[0, :, :, 0], expected)
    assert (shifted.dtype, shifted.shape) == (np.uint8, IMAGES.shape)


def test_each_image_has_its_own_shift_and_channels_stay_together():
    colour = np.stack([IMAGES[0, :, :, 0], 10 + IMAGES[0, :, :, 0]], axis=-1)
    both = augmentation.translate(np.stack([colour, colour]), np.array([[0, 0], [3, 2]]))
    np.testing.assert_array_equal(both[0], colour)
    np.testing.assert_array_equal(both[1, 3, 2], [1, 11])
    assert both[1].sum() == 12


def test_an_epoch_has_every_image_once_with_its_label():
    images, labels = augmentation.epoch_data(MANY, LABELS, protocol(seed=1, max_shift=0), 0)
    assert sorted(labels) == list(range(50))
    assert list(labels) != list(range(50))
    np.testing.assert_array_equal(images, MANY[labels])


def test_shifted_images_keep_their_labels_and_shifts_reach_both_ends():
    images, labels = augmentation.epoch_data(MANY, LABELS, protocol(seed=1, max_shift=2), 0)
    found = set()
    for image, label in zip(images, labels, strict=True):
        shifts = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(image, augmentation.translate(MANY[label][None], np.array([[down, right]]))[0])
        ]
        assert len(shifts) == 1
        found |= set(shifts)
    assert {down for down, _ in found} == {right for _, right in found} == {-2, -1, 0, 1, 2}


def test_equal_for_equal_seed_and_epoch_and_different_otherwise():
    images, labels = augmentation.epoch_data(MANY, LABELS, protocol(seed=1, max_shift=2), 3)
    again = augmentation.epoch_data(MANY, LABELS, protocol(seed=1, max_shift=2), 3)
    np.testing.assert_array_equal(images, again[0])
    np.testing.assert_array_equal(labels, again[1])
    orders = {
        tuple(augmentation.epoch_data(MANY, LABELS, protocol(seed, max_shift=2), epoch)[1])
        for seed in (1, 2, 3)
        for epoch in (0, 1, 2)
    }
    assert len(orders) == 9


def test_what_came_in_is_left_as_it_was():
    before = MANY.copy()
    augmentation.epoch_data(MANY, LABELS, protocol(seed=1, max_shift=2), 0)
    np.testing.assert_array_equal(MANY, before)
    np.testing.assert_array_equal(LABELS, np.arange(50))


POINTS = np.zeros((5, 5), np.uint8)
POINTS[0, 2], POINTS[2, 4] = 200, 100  # above the centre, and right of it


@pytest.mark.parametrize(
    ("degrees", "zoom", "expected"),
    [
        (0, 1, {(0, 2): 200, (2, 4): 100}),
        (90, 1, {(2, 0): 200, (0, 2): 100}),
        (-90, 1, {(2, 4): 200, (4, 2): 100}),
        (180, 1, {(4, 2): 200, (2, 0): 100}),
        (0, 0.5, {(1, 2): 200, (2, 3): 100}),
        (0, 2, {}),  # both are moved out of the picture
    ],
)
def test_a_turn_and_a_zoom(degrees, zoom, expected):
    turned = augmentation.rotate_and_zoom(POINTS[None, ..., None], np.deg2rad([degrees]), np.array([zoom]))[0, ..., 0]
    assert turned.dtype == np.uint8
    assert {(int(row), int(column)): int(turned[row, column]) for row, column in np.argwhere(turned)} == expected


def test_an_enlarged_point_is_as_bright_and_fades_linearly():
    point = np.zeros((1, 5, 5, 1), np.uint8)
    point[0, 2, 2] = 200
    enlarged = augmentation.rotate_and_zoom(point, np.zeros(1), np.array([2.0]))[0, ..., 0]
    assert enlarged[1:4, 1:4].tolist() == [[50, 100, 50], [100, 200, 100], [50, 100, 50]]
    assert enlarged.sum() == 800


def test_turning_changes_neither_order_nor_shifts_and_reaches_both_ends(monkeypatch):
    drawn = {}
    monkeypatch.setattr(augmentation, "turned", lambda images, angles, zooms: drawn.update(a=angles, z=zooms) or images)
    plain = augmentation.epoch_data(MANY, LABELS, protocol(max_shift=2), 0)
    moved = augmentation.epoch_data(MANY, LABELS, protocol(max_shift=2, max_rotation=10.0, max_zoom=0.2), 0)
    np.testing.assert_array_equal(moved[0], plain[0])
    np.testing.assert_array_equal(moved[1], plain[1])
    degrees = np.rad2deg(drawn["a"])
    assert -10 <= degrees.min() < -8 < 8 < degrees.max() <= 10
    assert 0.8 <= drawn["z"].min() < 0.84 < 1.16 < drawn["z"].max() <= 1.2
