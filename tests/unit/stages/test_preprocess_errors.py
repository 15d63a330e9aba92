"""Data and settings that cannot be split: the error message, and that nothing is written."""

import shutil
import struct

import numpy as np
import pytest

from pipeline import preprocess
from pipeline.config import schema
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT

DATA = ROOT / "tests/data"


@pytest.fixture
def raw(tmp_path):
    """A copy of the raw files, to be changed by a test."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in (*preprocess.TRAINING, *preprocess.TEST):
        shutil.copy(DATA / name, folder)
    return folder


@pytest.mark.parametrize("count", [1, 9, 391, 400, 5000])
def test_impossible_validation_sizes(tmp_path, count):
    with pytest.raises(PipelineError) as caught:
        preprocess.preprocess(schema.PreprocessConfig(validation_images=count, seed=0), DATA, tmp_path / "out")
    assert str(caught.value) == (
        f"params.yaml: preprocess.validation_images is {count}, expected 10 to 390 of the 400 training images"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("prefix", ["train", "t10k"])
def test_different_counts_of_images_and_labels_keep_the_old_outputs(raw, tmp_path, prefix):
    out = tmp_path / "out"
    preprocess.preprocess(schema.PreprocessConfig(validation_images=50, seed=2018), raw, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    path = raw / f"{prefix}-labels-idx1-ubyte"
    labels = path.read_bytes()[8:-1]
    path.write_bytes(struct.pack(">2I", 2049, len(labels)) + labels)
    with pytest.raises(PipelineError) as caught:
        preprocess.preprocess(schema.PreprocessConfig(validation_images=60, seed=1), raw, out)
    assert str(caught.value) == f"{path}: {len(labels)} labels, expected one for each of {len(labels) + 1} images"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_too_few_images_of_a_digit():
    labels = np.array([*range(10), *range(9)] * 5 + [3], dtype=np.uint8)
    labels[labels == 9] = 0
    labels[7] = 9
    with pytest.raises(PipelineError, match="^train-labels-idx1-ubyte: digit 9 occurs 1 times, expected at least 2"):
        preprocess.split_indices(labels, schema.PreprocessConfig(validation_images=20, seed=0))
