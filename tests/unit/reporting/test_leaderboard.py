"""The leaderboard's rows and tables, and the ensemble's row."""

import re

import numpy as np
import pytest

from models.layers import Dropout
from models.registry import ARCHITECTURES
from pipeline.reporting import tables
from pipeline.reporting.published import PRINTED_RATES
from tests.support import study
from tests.support.reported import analyze_runs, write_report


def test_row_of_a_run(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", errors=127, validation=(0.95, 0.9912))
    (row,) = analyze_runs(tmp_path, "lenet-dropout").rows
    assert {key: row[key] for key in ("run", "parameters", "mmac", "images_seen", "test_errors", "epochs_to_goal")} == {
        "run": "lenet-dropout",
        "parameters": 716234,
        "mmac": 37.65632,
        "images_seen": 24000,
        "test_errors": 127,
        "epochs_to_goal": 2,
    }
    assert row["test_accuracy"].value == 0.9873
    assert row["val_accuracy"].value == 0.9912
    assert row["training_flops"] == 6 * 37_656_320 * 24000
    assert row["published_accuracy"] == 0.9924


def test_the_run_that_validation_data_choose_is_bold(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", errors=27, validation=(0.95, 0.985, 0.9919))
    study.write_run(tmp_path, "vgg-plain", errors=89, environment={"seconds": 1234.5})
    rows = analyze_runs(tmp_path, "lenet-dropout", "vgg-plain").rows
    lines = tables.markdown_table(rows, tables.MARKDOWN_COLUMNS).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len(cells[0]) == 12
    assert " ".join(cells[3]) == (
        "**vgg-plain** – 2,128,650 36,000 17.07 99.20 % (98.91–99.41) **99.11 % (98.91–99.28)** **89** – 3 1,234 –"
    )
    assert cells[2][0] == "lenet-dropout"
    assert cells[2][-1] == "99.24 %"
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize("flags", [(True, True, True), (True, False, False), (False, True, False)])
def test_only_the_network_as_published_has_a_published_counterpart(flags, tmp_path):
    study.write_run(tmp_path, "lenet-other", flags=flags)
    assert analyze_runs(tmp_path, "lenet-other").rows[0]["published_accuracy"] is None


def test_ensemble_is_the_mean_of_the_probabilities(tmp_path):
    for run in ("lenet-plain", "vgg-plain"):
        folder = study.write_run(tmp_path, run)
        probabilities = np.full((study.IMAGES, 10), 0.02, np.float32)
        labels = study.labels()
        wrong = (labels + (1 if run == "vgg-plain" else 2)) % 10
        probabilities[np.arange(study.IMAGES), labels] = 0.4
        probabilities[np.arange(study.IMAGES), wrong] = 0.44
        np.save(folder / "probabilities.npy", probabilities)
    *_, ensemble = analyze_runs(tmp_path, "lenet-plain", "vgg-plain").rows
    assert (ensemble["run"], ensemble["is_ensemble"], ensemble["test_errors"]) == ("(ensemble)", True, 0)
    assert ensemble["test_loss"] == pytest.approx(-np.log(0.4), rel=1e-6)
    assert ensemble["parameters"] == 716_234 + 2_128_650


def test_members_of_the_ensemble_are_about_as_accurate_as_the_chosen_run(tmp_path):
    for run, accuracy, data in (
        ("a", 0.99, {}),
        ("b", 0.981, {}),
        ("c", 0.979, {}),
        ("d", 0.999, {"validation_data": "test"}),
    ):
        study.write_run(tmp_path, f"lenet-plain-{run}", images=50, errors=1, validation=(0.9, accuracy), **data)
    *rows, ensemble = analyze_runs(tmp_path, *(f"lenet-plain-{run}" for run in "abcd")).rows
    assert [row["run"] for row in rows if row["best"]] == ["lenet-plain-a"]
    assert ensemble["variant"] == "mean of 2"


@pytest.mark.parametrize(
    ("architecture", "scale", "rates"),
    [
        ("lenet", 1.0, "0.25–0.5 as printed"),
        ("vgg", 0.05, "0.025"),
        ("custom", 0.2, "0.08–0.1"),
        ("mine", 0.5, "× 0.5"),
    ],
)
def test_dropout_rates_are_those_used(architecture, scale, rates, tmp_path):
    study.write_run(tmp_path, "x-dropout", architecture=architecture, dropout_scale=scale)
    assert analyze_runs(tmp_path, "x-dropout").rows[0]["dropout"] == rates


def test_printed_dropout_rates_are_those_of_the_networks():
    for name, layers in ARCHITECTURES.items():
        printed = [layer.rate for layer in layers if isinstance(layer, Dropout)]
        assert PRINTED_RATES[name] == (min(printed), max(printed))


def test_runs_without_probabilities_are_named(tmp_path, monkeypatch):
    for run in ("lenet-plain", "vgg-plain", "vgg-dropout"):
        study.write_run(tmp_path / "runs", run)
    (tmp_path / "runs/vgg-plain/probabilities.npy").unlink()
    html, text = write_report(tmp_path, monkeypatch, ["lenet-plain", "vgg-plain", "vgg-dropout"])
    assert "Not in the ensemble, since their probabilities are not here: vgg-plain." in text
    assert "calibration error and not in the ensemble: vgg-plain;" in html
    assert re.search(r'data-run="vgg-plain".*?data-key="calibration" data-value=""[^>]*>–<', html, re.DOTALL)
