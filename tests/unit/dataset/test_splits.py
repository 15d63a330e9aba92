"""Reading a prepared split."""

import hashlib
import json

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.dataset import splits
from pipeline.formats.tables import write_arrays, write_json

IMAGES = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28, 1)
LABELS = np.array([7, 0, 9], dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    write_arrays(tmp_path / "train.npz", images=IMAGES, labels=LABELS)
    digest = hashlib.sha256((tmp_path / "train.npz").read_bytes()).hexdigest()
    write_json(tmp_path / "card.json", {"splits": {"train": {"sha256": digest}, "test": {"sha256": "0" * 64}}})
    return tmp_path


def refused(folder, split):
    with pytest.raises(PipelineError) as caught:
        splits.load_split(split, folder)
    return str(caught.value)


def test_what_was_written_is_read_and_no_other_split_is_needed(folder):
    images, labels = splits.load_split("train", folder)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.uint8)


def test_an_absent_file_says_what_to_do(folder):
    assert refused(folder, "test") == f"{folder / 'test.npz'}: not found; {splits.REMEDY}"
    assert "dvc checkout" in splits.REMEDY and "preprocess" in splits.REMEDY


def test_one_flipped_bit_is_noticed(folder):
    content = bytearray((folder / "train.npz").read_bytes())
    content[1000] ^= 1
    (folder / "train.npz").write_bytes(content)
    assert refused(folder, "train").startswith(f"{folder / 'train.npz'}: damaged, SHA-256 ")


def test_pickled_objects_are_not_loaded(folder):
    np.savez(folder / "train.npz", images=np.array([{}], dtype=object), labels=LABELS)
    digest = hashlib.sha256((folder / "train.npz").read_bytes()).hexdigest()
    write_json(folder / "card.json", {"splits": {"train": {"sha256": digest}}})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        splits.load_split("train", folder)


def test_an_unknown_split_lists_the_known_ones(folder):
    assert refused(folder, "validate") == f"{folder / 'card.json'}: no split 'validate', known: train, test"


def test_an_absent_card(folder):
    (folder / "card.json").unlink()
    assert refused(folder, "train") == f"{folder / 'card.json'}: not found; {splits.REMEDY}"


@pytest.mark.parametrize("content", ["", "[1]", '{"splits": [1]}', '{"splits": {"train": 1}}', json.dumps({}), "{\xff"])
def test_a_damaged_card(folder, content):
    (folder / "card.json").write_text(content, encoding="latin-1")
    assert refused(folder, "train").startswith(f"{folder / 'card.json'}: damaged, ")
