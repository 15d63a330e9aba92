"""The report names what is missing or damaged, in one page that needs nothing else."""

import re
import time

import numpy as np
import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from pipeline.reporting import html, summary
from tests.support import study
from tests.support.reported import PUBLISHED, analysed, ten_runs, written


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """The study of ten runs and the page about it."""
    return ten_runs(tmp_path_factory.mktemp("ten"))


def test_missing_runs_are_named_and_unknown_folders_ignored(tmp_path, monkeypatch, capsys):
    for run in ("lenet-dropout", "lenet-removed", "vgg-plain"):
        study.write_run(tmp_path / "runs", run, flags=(True, True, False))
    (tmp_path / "runs/vgg-plain/metrics.json").unlink()
    html, text = written(tmp_path, monkeypatch, ["lenet-plain", "lenet-dropout", "vgg-plain"])
    said = "Missing, and so not compared: lenet-plain (no run.json), vgg-plain (no metrics.json)."
    assert said in html
    assert said in text
    assert said in capsys.readouterr().out
    assert "removed" not in html + text
    assert re.findall('<tr data-run="([^"]*)"><td data-key="run"', html.replace("\n", "")) == ["lenet-dropout"]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("metrics.json", '{"val_loss": 0.1,', "metrics.json: Expecting"),
        (
            "metrics.json",
            '{"val_loss": 0.1}',
            "metrics.json: val_accuracy is missing; run `dvc repro train@lenet-plain",
        ),
        ("history.csv", "epoch,train_loss\n1,x\n", "history.csv: could not convert"),
        ("history.csv", "epoch,train_loss\n", "history.csv: epoch is missing"),
        ("model.keras", "torn", "model.keras: File is not a zip file; run `dvc checkout`"),
    ],
)
def test_a_damaged_file_is_one_clear_error(file, content, message, tmp_path):
    study.write_run(tmp_path, "lenet-dropout")
    study.write_run(tmp_path, "lenet-plain", flags=(True, True, False))
    (tmp_path / "lenet-plain" / file).write_text(content)
    with pytest.raises(PipelineError, match=f"results/runs/lenet-plain/{message}"):
        analysed(tmp_path, "lenet-plain")


def test_published_figures_are_the_notebook_s():
    assert {name: row["test_accuracy"] for name, row in PUBLISHED.test.items()} == {
        "lenet": 0.9924,
        "vgg": 0.9949,
        "custom": 0.9932,
    }
    assert PUBLISHED.test["vgg"] == {"test_loss": 0.030504648093903096, "test_accuracy": 0.9949, "seconds": 206.0}
    assert {name: len(rows) for name, rows in PUBLISHED.curves.items()} == {"lenet": 20, "vgg": 20, "custom": 20}
    assert PUBLISHED.curves["custom"][1] == {"epoch": 2.0, "loss": 2.2988, "accuracy": 0.1217, "seconds": 237.0}


def test_the_verdict_is_three_sentences(ten):
    whole, html = ten
    said = summary.sentences(whole)
    assert len(said) == 3
    assert said[0].startswith(
        "Of 10 runs under the protocol fast, vgg-dropout makes the fewest errors: 60 of 10,000 test images, an accuracy"
        " of 99.40 % (95 % interval 99.23–99.53), after 36,000 training images"
    )
    counted = [html.count(f'data-verdict="{word}"') for word in ("supported", "contradicted", "undecided")]
    assert sum(counted) == 6


def test_the_page_needs_nothing_else(ten):
    html = ten[1]
    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', html)
    for address in ("".join(pair) for pair in addresses):
        assert address.startswith(("data:", "#", "http://127.0.0.1:5000/#/")), address[:80]
    assert "@import" not in html
    assert "<script src" not in html


def test_text_of_runs_is_escaped(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", environment={"host": "<script>alert(1)</script>"})
    assert "<script>alert" not in html.render_html(analysed(tmp_path, "lenet-dropout"), {}, None)


def test_main_writes_everything(tmp_path, monkeypatch, capsys):
    names = study.write_study(tmp_path / "runs")
    images = np.zeros((study.IMAGES, 28, 28, 1), np.uint8)
    html, text = written(tmp_path, monkeypatch, names, images)
    assert text.startswith("# Results\n\n<!-- results -->\n\nOf 10 runs")
    for kind in ("loss against epoch", "violins", "over the epochs", "confusion matrix"):
        assert html.count(f": {kind}") + html.count(f"{kind} of the") + html.count(f"weights {kind}") >= 10
    for name in ("curves", "effects", "tradeoff"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert lines[0] == "run,epoch,train_loss,val_loss,train_accuracy,val_accuracy"
    assert len(lines) == 1 + 10 * 3
    assert "**lenet-plain**" in capsys.readouterr().out


def test_without_any_result_the_report_says_so(tmp_path, monkeypatch):
    html, text = written(tmp_path, monkeypatch, params.load_params().runs)
    assert "No run has results yet." in html
    assert "No run has results yet." in text
    assert "custom-batchnorm (no run.json)" in text


def test_two_hundred_runs_take_less_than_two_minutes(tmp_path, monkeypatch):
    names = [f"{network}-{kind}-{seed}" for network in study.COSTS for kind in study.VARIANTS for seed in range(17)]
    for index, name in enumerate(names[:200]):
        study.write_run(tmp_path / "runs", name, errors=80 + index, seed=index)
    began = time.process_time()
    html, text = written(tmp_path, monkeypatch, names[:200])
    assert time.process_time() - began < 120
    assert len(re.findall('<tr data-run="[^"]*"[^>]*><td data-key="run"', html.replace("\n", ""))) == 201
    assert "161 more rows are in report.html." in text
