"""Shuffling, translation, rotation and zoom of an epoch's images."""

import numpy as np
import pytest

from pipeline.config.schema import TrainConfig
from pipeline.dataset import augmentation

IMAGES = np.arange(1, 13, dtype=np.uint8).reshape(1, 4, 3, 1)  # height 4, width 3
MANY = np.random.default_rng(0).integers(1, 256, (50, 28, 28, 1), dtype=np.uint8)
LABELS = np.arange(50, dtype=np.uint8)


def config(seed=1, max_shift=0, **changes):
    """The settings that an epoch's images depend on."""
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
def test_translate(down, right, expected):
    translated = augmentation.translate(IMAGES, np.array([[down, right]]))
    np.testing.assert_array_equal(translated[0, :, :, 0], expected)
    assert (translated.dtype, translated.shape) == (np.uint8, IMAGES.shape)


def test_translations_are_per_image_and_keep_channels_together():
    colour = np.stack([IMAGES[0, :, :, 0], 10 + IMAGES[0, :, :, 0]], axis=-1)
    both = augmentation.translate(np.stack([colour, colour]), np.array([[0, 0], [3, 2]]))
    np.testing.assert_array_equal(both[0], colour)
    np.testing.assert_array_equal(both[1, 3, 2], [1, 11])
    assert both[1].sum() == 12


def test_an_epoch_has_every_image_once():
    images, labels = augmentation.epoch_data(MANY, LABELS, config(seed=1, max_shift=0), 0)
    assert sorted(labels) == list(range(50))
    assert list(labels) != list(range(50))
    np.testing.assert_array_equal(images, MANY[labels])


def test_translated_images_keep_their_labels():
    images, labels = augmentation.epoch_data(MANY, LABELS, config(seed=1, max_shift=2), 0)
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


def test_epochs_depend_on_seed_and_epoch_only():
    images, labels = augmentation.epoch_data(MANY, LABELS, config(seed=1, max_shift=2), 3)
    again = augmentation.epoch_data(MANY, LABELS, config(seed=1, max_shift=2), 3)
    np.testing.assert_array_equal(images, again[0])
    np.testing.assert_array_equal(labels, again[1])
    orders = {
        tuple(augmentation.epoch_data(MANY, LABELS, config(seed, max_shift=2), epoch)[1])
        for seed in (1, 2, 3)
        for epoch in (0, 1, 2)
    }
    assert len(orders) == 9


def test_inputs_are_not_changed():
    before = MANY.copy()
    augmentation.epoch_data(MANY, LABELS, config(seed=1, max_shift=2), 0)
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
        (0, 2, {}),  # both are outside the image
    ],
)
def test_rotate_and_zoom(degrees, zoom, expected):
    result = augmentation.rotate_and_zoom(POINTS[None, ..., None], np.deg2rad([degrees]), np.array([zoom]))[0, ..., 0]
    assert result.dtype == np.uint8
    assert {(int(row), int(column)): int(result[row, column]) for row, column in np.argwhere(result)} == expected


def test_zoom_interpolates_linearly():
    point = np.zeros((1, 5, 5, 1), np.uint8)
    point[0, 2, 2] = 200
    enlarged = augmentation.rotate_and_zoom(point, np.zeros(1), np.array([2.0]))[0, ..., 0]
    assert enlarged[1:4, 1:4].tolist() == [[50, 100, 50], [100, 200, 100], [50, 100, 50]]
    assert enlarged.sum() == 800


def test_rotation_and_zoom_change_neither_order_nor_translations(monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        augmentation, "rotate_and_zoom", lambda images, angles, zooms: drawn.update(a=angles, z=zooms) or images
    )
    plain = augmentation.epoch_data(MANY, LABELS, config(max_shift=2), 0)
    augmented = augmentation.epoch_data(MANY, LABELS, config(max_shift=2, max_rotation=10.0, max_zoom=0.2), 0)
    np.testing.assert_array_equal(augmented[0], plain[0])
    np.testing.assert_array_equal(augmented[1], plain[1])
    degrees = np.rad2deg(drawn["a"])
    assert -10 <= degrees.min() < -8 < 8 < degrees.max() <= 10
    assert 0.8 <= drawn["z"].min() < 0.84 < 1.16 < drawn["z"].max() <= 1.2


def test_fade_by_hand():
    images = np.array([0, 100, 255], np.uint8).reshape(1, 1, 3, 1).repeat(3, axis=0)
    faded = augmentation.fade(images, np.array([256, 128, 51]))
    assert faded[..., 0].reshape(3, 3).tolist() == [[0, 100, 255], [0, 50, 128], [0, 20, 51]]
    assert faded.dtype == np.uint8


def test_contrast_is_drawn_for_each_image_and_leaves_the_order_and_translations_as_they_are():
    white = np.full((400, 28, 28, 1), 255, np.uint8)
    labels = np.arange(400)
    images, order = augmentation.epoch_data(white, labels, config(min_contrast=0.25), 0)
    np.testing.assert_array_equal(order, augmentation.epoch_data(white, labels, config(), 0)[1])
    levels = images[:, 0, 0, 0]
    assert (levels.min(), levels.max()) == (pytest.approx(64, abs=3), pytest.approx(255, abs=3))
    assert len(np.unique(levels)) > 100
