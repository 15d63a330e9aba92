"""Reading the splits that preprocess wrote."""

import dataclasses
import hashlib

import numpy as np
import pytest

from pipeline.config.params import load_params
from pipeline.core import messages
from pipeline.core.errors import PipelineError
from pipeline.dataset import splits
from pipeline.formats.tables import write_arrays, write_json

IMAGES = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28, 1)
LABELS = np.array([7, 0, 9], dtype=np.uint8)
RESTORE_DATA = messages.RESTORE_DATA.format(stage="preprocess")


@pytest.fixture
def folder(tmp_path):
    write_arrays(tmp_path / "train.npz", images=IMAGES, labels=LABELS)
    digest = hashlib.sha256((tmp_path / "train.npz").read_bytes()).hexdigest()
    write_json(tmp_path / "card.json", {"splits": {"train": {"sha256": digest}, "test": {"sha256": "0" * 64}}})
    return tmp_path


def error_message(folder, split):
    with pytest.raises(PipelineError) as caught:
        splits.load_split(split, folder)
    return str(caught.value)


def test_a_split_is_read_without_the_others(folder):
    images, labels = splits.load_split("train", folder)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.uint8)


def test_missing_file(folder):
    assert error_message(folder, "test") == f"{folder / 'test.npz'}: not found; {RESTORE_DATA}"
    assert "dvc checkout" in RESTORE_DATA and "preprocess" in RESTORE_DATA


def test_a_flipped_bit(folder):
    content = bytearray((folder / "train.npz").read_bytes())
    content[1000] ^= 1
    (folder / "train.npz").write_bytes(content)
    assert error_message(folder, "train").startswith(f"{folder / 'train.npz'}: damaged, SHA-256 ")


def test_pickled_objects_are_not_loaded(folder):
    np.savez(folder / "train.npz", images=np.array([{}], dtype=object), labels=LABELS)
    digest = hashlib.sha256((folder / "train.npz").read_bytes()).hexdigest()
    write_json(folder / "card.json", {"splits": {"train": {"sha256": digest}}})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        splits.load_split("train", folder)


def test_missing_card(folder):
    (folder / "card.json").unlink()
    assert error_message(folder, "train") == f"{folder / 'card.json'}: not found; {RESTORE_DATA}"


@pytest.mark.parametrize(
    "content", ["", "[1]", "{}", '{"splits": [1]}', '{"splits": {"train": 1}}', '{"splits": {"test": {}}}', "{\xff"]
)
def test_damaged_card(folder, content):
    (folder / "card.json").write_text(content, encoding="latin-1")
    assert error_message(folder, "train").startswith(f"{folder / 'card.json'}: damaged, ")


@pytest.fixture
def run(monkeypatch):
    """A function that makes a run with these settings; splits have 5 training, 3 validation and 2 test images."""

    def load(split):
        count = {"train": 5, "validation": 3, "test": 2}[split]
        return np.full((count, 28, 28, 1), count, np.uint8), np.arange(count, dtype=np.uint8)

    monkeypatch.setattr(splits, "load_split", load)
    found = load_params().run("lenet-plain")
    return lambda **changes: dataclasses.replace(found, train=found.train.model_copy(update=changes))


def test_training_data(run):
    data = splits.training_data(run(training_images=4, validation_images=2))
    assert {name: labels.tolist() for name, (_, labels) in data.items()} == {
        "train": [0, 1, 2, 3],
        "validation": [0, 1],
    }
    assert {name: images[:, 0, 0, 0].tolist() for name, (images, _) in data.items()} == {
        "train": [5, 5, 5, 5],
        "validation": [3, 3],
    }


def test_held_out_images_join_the_training_set_if_the_test_set_validates(run):
    data = splits.training_data(run(training_images=7, validation_images=2, validation_data="test"))
    assert data["train"][1].tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert data["train"][0][:, 0, 0, 0].tolist() == [5, 5, 5, 5, 5, 3, 3]
    assert data["validation"][0][:, 0, 0, 0].tolist() == [2, 2]


@pytest.mark.parametrize(("key", "wanted", "found"), [("training_images", 6, 5), ("validation_images", 4, 3)])
def test_too_few_images(run, key, wanted, found):
    with pytest.raises(PipelineError) as caught:
        splits.training_data(run(**{"training_images": 5, "validation_images": 3, key: wanted}))
    message = f"{key} is {wanted}, but there are only {found}; lower it"
    assert str(caught.value) == f"params.yaml: runs.lenet-plain: {message}"


def test_subsets_are_stratified_nested_and_in_order():
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(10), [90, 110] * 5))
    whole = splits.subset_indices(labels, 1000)
    assert whole.tolist() == list(range(1000))
    smaller = set()
    for count in (10, 100, 500):
        chosen = splits.subset_indices(labels, count)
        assert len(set(chosen)) == count
        assert chosen.tolist() == sorted(chosen)
        assert smaller <= set(chosen)
        expected = count * np.bincount(labels) / len(labels)
        assert np.abs(np.bincount(labels[chosen], minlength=10) - expected).max() <= 1
        smaller = set(chosen)
    assert splits.subset_indices(labels, 10).tolist() == splits.subset_indices(labels.copy(), 10).tolist()
    assert splits.subset_indices(labels, 10).tolist() != list(range(10))
