"""The splits and the data card that preprocess makes of the digits in the repository."""

import numpy as np
import pytest

from pipeline import preprocess
from pipeline.config import schema
from pipeline.core.files import sha256
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_json

DATA = ROOT / "tests/data"
SETTINGS = schema.PreprocessConfig(validation_images=50, seed=2018)


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    preprocess.preprocess(SETTINGS, DATA, folder)
    return folder


def arrays(folder, split):
    with np.load(folder / f"{split}.npz", allow_pickle=False) as held:
        assert sorted(held.files) == ["images", "labels"]
        return held["images"], held["labels"]


def pairs(images, labels):
    """Every image with its label, as bytes, sorted."""
    return sorted(image.tobytes() + bytes([label]) for image, label in zip(images, labels, strict=True))


def official(prefix):
    """Images and labels of the committed files, read without the pipeline."""
    pixels = (DATA / f"{prefix}-images-idx3-ubyte").read_bytes()[16:]
    labels = (DATA / f"{prefix}-labels-idx1-ubyte").read_bytes()[8:]
    return np.frombuffer(pixels, np.uint8).reshape(-1, 28, 28, 1), np.frombuffer(labels, np.uint8)


@pytest.mark.parametrize(("split", "count"), [("train", 350), ("validation", 50), ("test", 100)])
def test_shapes_types_and_stratification(processed, split, count):
    images, labels = arrays(processed, split)
    assert (images.shape, images.dtype) == ((count, 28, 28, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((count,), np.uint8)
    assert np.bincount(labels).tolist() == [count // 10] * 10


def test_training_and_validation_images_are_disjoint(processed):
    train, validation = pairs(*arrays(processed, "train")), pairs(*arrays(processed, "validation"))
    assert len(set(train + validation)) == 400
    assert sorted(train + validation) == pairs(*official("train"))


def test_the_test_set_keeps_its_order(processed):
    for found, expected in zip(arrays(processed, "test"), official("t10k"), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_outputs_are_reproducible(processed, tmp_path):
    preprocess.preprocess(SETTINGS, DATA, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["card.json", "test.npz", "train.npz", "validation.npz"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (processed / name).read_bytes(), name


def test_the_split_depends_on_the_seed():
    labels = official("train")[1]
    train, validation = preprocess.split_indices(labels, SETTINGS)
    assert sorted([*train, *validation]) == list(range(400))
    assert validation[:5].tolist() == [255, 206, 228, 98, 76]
    other = preprocess.split_indices(labels, schema.PreprocessConfig(validation_images=50, seed=2019))
    assert set(other[1]) != set(validation)


def test_the_first_images_of_a_split_are_a_random_sample():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 1000)
    for indices in preprocess.split_indices(labels, schema.PreprocessConfig(validation_images=2000, seed=1)):
        counts = np.bincount(labels[indices[:1000]], minlength=10)
        assert counts.min() > 70 and counts.max() < 130  # 100 each are expected; this is over three deviations away


@pytest.mark.parametrize("count", [10, 390])
def test_the_smallest_and_largest_validation_set(count):
    train, validation = preprocess.split_indices(
        official("train")[1], schema.PreprocessConfig(validation_images=count, seed=0)
    )
    assert (len(train), len(validation)) == (400 - count, count)


def test_pixel_statistics():
    images = np.array([0, 255, 255, 0, 255], dtype=np.uint8)
    assert preprocess.pixel_statistics(images) == (153.0, 124.924)  # 255 × 3/5 and 255 × √6 / 5
    assert preprocess.pixel_statistics(np.full(7, 255, dtype=np.uint8)) == (255.0, 0.0)
    noise = np.random.default_rng(0).integers(256, size=100_000, dtype=np.uint8)
    assert preprocess.pixel_statistics(noise) == (round(float(noise.mean()), 4), round(float(noise.std()), 4))


def test_data_card(processed):
    card = read_json(processed / "card.json")
    assert card["source_digests"]["t10k-labels-idx1-ubyte"] == (
        "1af84127308babff2b3f0b586f0c438fa637643b7da5c1306f4de4d0923f02a7"
    )
    assert list(card["source_digests"]) == [*preprocess.TRAINING, *preprocess.TEST]
    assert card["counts"] == [{"digit": digit, "train": 35, "validation": 5, "test": 10} for digit in range(10)]
    assert {name: split["images"] for name, split in card["splits"].items()} == {
        "train": 350,
        "validation": 50,
        "test": 100,
    }
    for name, split in card["splits"].items():
        assert split["sha256"] == sha256(processed / f"{name}.npz")
    images = arrays(processed, "test")[0]
    assert card["splits"]["test"]["pixel_mean"] == round(float(images.mean()), 4)
    assert card["splits"]["test"]["pixel_standard_deviation"] == round(float(images.std()), 4)
