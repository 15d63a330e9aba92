"""The model card says what the run's files say."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from pipeline.core.paths import PUBLISHED
from pipeline.reporting import card
from tests.support.study import write_run

STRESS = """corruption,severity,images,accuracy,actual,predicted
blur,1,4,0.75,0123,0120
blur,2,4,0.25,0123,0000
contrast,1,4,0.0,0000,1111
other_source,1,2,1.0,01,01
"""
LABELS = np.arange(100) % 10
PROBABILITIES = np.full((100, 10), 0.25 / 9, np.float32)
PROBABILITIES[np.arange(100), np.where(np.arange(100) < 95, LABELS, (LABELS + 1) % 10)] = 0.75  # 95 are right


@pytest.fixture(autouse=True)
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data card of MNIST."""
    with (PUBLISHED / "files.csv").open(newline="") as stream:
        digests = {row["file"]: row["sha256"] for row in csv.DictReader(stream)}
    (tmp_path / "card.json").write_text(json.dumps({"source_digests": digests}))
    monkeypatch.setattr(card, "PROCESSED", tmp_path)
    return tmp_path / "card.json"


def write(folder: Path, run: str = "lenet-batchnorm", stress: str = STRESS, **options: object) -> Path:
    made = write_run(folder, run, images=100, errors=5, validation=(0.95, 0.98), data_digest="c" * 64, **options)
    if stress:
        (made / "stress.csv").write_text(stress)
    return made


def read(folder: Path) -> str:
    return card.model_card(folder, LABELS, PROBABILITIES)


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"][2:]


def row(name: str, right: int, images: int) -> list[str]:
    low, high = proportion_confint(right, images, method="wilson")
    interval = f"{100 * right / images:.2f} % ({100 * low:.2f}–{100 * high:.2f})"
    return [name, f"{images:,}", interval, f"{images - right:,}"]


def test_accuracies_with_intervals_and_calibration(tmp_path: Path) -> None:
    text = read(write(tmp_path))
    assert table(text) == [
        row("validation", 4900, 5000),
        row("test", 95, 100),
        row("corrupted test digits", 4, 12),
        row("digits of another source", 2, 2),
    ]
    assert "Expected calibration error on the test images: 20.00 %" in text  # 0.95 right, 0.75 sure


def test_network_data_and_training(tmp_path: Path) -> None:
    text = read(write(tmp_path))
    assert text.startswith("# Model card: lenet-batchnorm\n\nReads one handwritten digit: 28×28 grey pixels in")
    assert "lenet with pooling, dropout and batch normalisation: 716,234 parameters, 37.66 million" in text
    assert "MNIST: 12,000 training images, 5,000 validation images (held out), 100 test images." in text
    assert f"SHA-256 of the data card: {'c' * 64}." in text
    for said in (
        "Protocol fast: seed 2018, epochs 2,",
        "61 seconds on Some CPU, 4 cores",
        "Some GPU; precision float32",
    ):
        assert said in text
    assert f"commit {'b' * 12}; training {'a' * 32}." in text


def test_limits(tmp_path: Path) -> None:
    text = read(write(tmp_path))
    assert "- It reads 28×28 grey digits, one per picture, as MNIST centres them." in text
    assert (
        "- It knows nothing but digits: a letter, several digits or an empty picture is read as some digit, too."
        in text
    )
    assert "- Worst on: contrast (0.00 % right) and blur (50.00 % right)." in text
    assert "few are read at low contrast, here 0.00 % of them." in text
    assert "no model may be chosen by it" not in text


def test_without_batch_normalisation_without_stress_and_outside_git(tmp_path: Path) -> None:
    environment = {"git": {"git_commit": None, "git_clean": None}}
    text = read(write(tmp_path, "vgg-nopool", stress="", environment=environment))
    assert [name for name, *_ in table(text)] == ["validation", "test"]
    assert "vgg with none of pooling, dropout, batch normalisation:" in text
    assert "commit not in git;" in text
    assert "Worst on" not in text and "low contrast" not in text


def test_a_run_validated_on_the_test_set(tmp_path: Path) -> None:
    text = read(write(tmp_path, validation_data="test"))
    assert "5,000 validation images (the test images, as in the notebook)" in text
    assert (
        "- Its validation accuracy was measured on the test images after every epoch: no model may be chosen by it."
        in text
    )


def test_other_data_are_not_called_mnist(tmp_path: Path, prepared: Path) -> None:
    prepared.write_text(json.dumps({"source_digests": {"train-images-idx3-ubyte": "0" * 64}}))
    text = read(write(tmp_path))
    assert "MNIST" not in text and "handwritten" not in text
    assert "Data of your own: 12,000 training images" in text


def test_texts_of_files_are_escaped(tmp_path: Path) -> None:
    hardware = {"processor": "<b>|`x`", "cores": 1, "bfloat16": None, "gpus": None}
    assert r"on &lt;b&gt;\|\`x\`, 1 core;" in read(write(tmp_path, environment={"hardware": hardware}))


def test_a_card_fits_the_description_of_a_version_in_mlflow(tmp_path: Path) -> None:
    assert len(read(write(tmp_path))) < 5000
