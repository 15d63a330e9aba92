"""The whole report: its files, missing and damaged results, escaping."""

import json
import re
from html import unescape

import numpy as np
import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256
from pipeline.core.paths import PROCESSED
from pipeline.figures import style
from pipeline.reporting import html, markdown
from pipeline.reporting.published import load_published
from pipeline.reporting.tables import MARKDOWN_COLUMNS
from tests.support import study
from tests.support.reported import PUBLISHED, analyze_runs, write_report

FIGURE = style.figure(1, 1)


def test_missing_runs_are_named_and_unknown_folders_ignored(tmp_path, monkeypatch, capsys):
    for run in ("lenet-dropout", "lenet-removed", "vgg-plain"):
        study.write_run(tmp_path / "runs", run, flags=(True, True, False))
    (tmp_path / "runs/vgg-plain/metrics.json").unlink()
    html, text = write_report(tmp_path, monkeypatch, ["lenet-plain", "lenet-dropout", "vgg-plain"])
    said = "Missing, and so not compared: lenet-plain (no run.json), vgg-plain (no metrics.json)."
    assert said in html
    assert said in text
    assert said in capsys.readouterr().out
    assert "removed" not in html + text
    assert re.findall('<tr data-run="([^"]*)"><td data-key="run"', html.replace("\n", "")) == ["lenet-dropout"]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("metrics.json", '{"val_loss": 0.1,', "metrics.json: .*[Ee]xpecting"),
        (
            "metrics.json",
            '{"val_loss": 0.1}',
            "metrics.json: val_accuracy is missing; run `dvc repro train@lenet-plain",
        ),
        ("history.csv", "epoch,train_loss\n1,x\n", "history.csv: 0.train_loss: Input should be a valid number"),
        ("history.csv", "epoch,train_loss\n", "history.csv: List should have at least 1 item"),
    ],
)
def test_damaged_file_is_one_clear_error(file, content, message, tmp_path):
    study.write_run(tmp_path, "lenet-dropout")
    study.write_run(tmp_path, "lenet-plain", flags=(True, True, False))
    (tmp_path / "lenet-plain" / file).write_text(content)
    with pytest.raises(PipelineError, match=f"/lenet-plain/{message}"):
        analyze_runs(tmp_path, "lenet-plain")


def test_published_figures_stand_beside_results_of_their_data_only(tmp_path, monkeypatch):
    for run, digest in (("lenet-dropout", "f" * 64), ("vgg-dropout", "f" * 64), ("vgg-plain", "f" * 64)):
        study.write_run(tmp_path / "runs", run, data_digest=digest)
    drawn = []
    name = "pipeline.reporting.pictures.all_curves.draw_all_curves"
    monkeypatch.setattr(name, lambda groups, known: drawn.append(known) or FIGURE)
    html, text = write_report(tmp_path, monkeypatch, ["lenet-dropout", "vgg-dropout", "vgg-plain"], draw=True)
    assert "99.24 %" not in html + text  # lenet's in 2018
    assert 'data-key="published">99' not in html
    assert drawn == [{}]
    board = [line for line in text.splitlines() if line.count("|") == len(MARKDOWN_COLUMNS) + 1]
    assert [line[-6:] for line in board[2:]] == [" | – |"] * (3 + 1)  # published, of the runs and the ensemble
    assert load_published(card=tmp_path / "card.json").data_digest is None
    card = {"source_digests": json.loads((PROCESSED / "card.json").read_text())["source_digests"]}
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert load_published(card=tmp_path / "card.json").data_digest == sha256(tmp_path / "card.json")
    card["source_digests"]["t10k-labels-idx1-ubyte"] = "0" * 64
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert load_published(card=tmp_path / "card.json").data_digest is None


def test_published_figures_are_those_of_the_notebook():
    assert {name: row["test_accuracy"] for name, row in PUBLISHED.test.items()} == {
        "lenet": 0.9924,
        "vgg": 0.9949,
        "custom": 0.9932,
    }
    assert PUBLISHED.test["vgg"] == {"test_loss": 0.030504648093903096, "test_accuracy": 0.9949, "seconds": 206.0}
    assert {name: len(rows) for name, rows in PUBLISHED.curves.items()} == {"lenet": 20, "vgg": 20, "custom": 20}
    assert PUBLISHED.curves["custom"][1] == {"epoch": 2.0, "loss": 2.2988, "accuracy": 0.1217, "seconds": 237.0}


def test_summary_has_three_sentences(ten):
    analysis, html = ten
    sentences = markdown.sentences(analysis)
    assert len(sentences) == 3
    assert sentences[0].startswith(
        "Of 10 runs under the protocol fast, vgg-dropout is best on validation data (99.30 %): it gets 60 of 10,000"
        " test images wrong, an accuracy of 99.40 % (95 % interval 99.23–99.53), after 36,000 training images; the"
        " ensemble (mean of 10) "
    )
    assert html.count('data-key="verdict"') == 5 * 3 + 2  # the fourth has one for both budgets


def test_page_needs_no_other_file(ten):
    html = ten[1]
    pages = re.findall(r'srcdoc="([^"]*)"', html)
    assert len(pages) == 10
    html += "".join(map(unescape, pages))
    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', html)
    for address in ("".join(pair) for pair in addresses):
        assert address.startswith(("data:", "#")), address[:80]
    assert "@import" not in html
    assert "<script src" not in html


HOSTILE = "<img src=x onerror=alert(1)> [link](https://example.org) | `code` **bold**\n\n# Heading"


def test_texts_of_result_files_are_escaped(tmp_path):
    environment = {
        "host": HOSTILE,
        "git": {"git_commit": HOSTILE, "git_clean": True},
        "versions": {HOSTILE: HOSTILE},
        "hardware": study.ENVIRONMENT["hardware"] | {"processor": HOSTILE, "gpus": [{"name": HOSTILE}]},
        "precision": HOSTILE,
    }
    for run in ("lenet-dropout", "lenet-plain"):
        study.write_run(tmp_path, run, environment=environment, optimizer=HOSTILE, **{HOSTILE: HOSTILE})
        record = json.loads((tmp_path / run / "run.json").read_text())
        (tmp_path / run / "run.json").write_text(json.dumps(record | {"protocol": HOSTILE}))
    analysis = analyze_runs(tmp_path, "lenet-dropout", "lenet-plain")
    assert "<img src=x" not in html.render_html(analysis, {}, None)
    text = markdown.markdown_report(analysis)
    assert (
        text.count("&lt;img src=x onerror=alert(1)&gt; \\[link\\](https://example.org) \\| \\`code\\` \\*\\*bold") > 5
    )
    markers = [markdown.BEGIN_VERDICTS, markdown.END_VERDICTS, markdown.BEGIN, markdown.END]
    assert re.findall(r"<.*?>", text) == markers
    assert re.findall(r"(?<!\\)\[.*?(?<!\\)\]", text) == ["[Loss and accuracy of all runs]", "[report.html]"]
    assert re.findall("^#.*", text, re.MULTILINE) == ["# Results"]


def test_main_writes_everything(tmp_path, monkeypatch, capsys):
    names = study.write_study(tmp_path / "runs")
    images = np.zeros((study.IMAGES, 28, 28, 1), np.uint8)
    html, text = write_report(tmp_path, monkeypatch, names, images, draw=True)
    assert text.startswith("# Results\n\n<!-- verdicts -->\n\n| | the notebook's conclusion |")
    for kind in ("loss against epoch", "violins", "confusion matrix", "most confident mistakes"):
        assert html.count(f": {kind}") + html.count(f"{kind} of the") >= 10
    names = ("accuracy", "convergence", "curves", "effects", "normality", "reliability", "stress", "tradeoff")
    for name in names:
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "digits.png").exists()
    lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert lines[0] == "run,epoch,train_loss,val_loss,train_accuracy,val_accuracy"
    assert len(lines) == 1 + 10 * 3
    assert capsys.readouterr().out.startswith("Of 10 runs under the protocol fast, custom-batchnorm is best on ")


def test_report_without_any_result(tmp_path, monkeypatch):
    html, text = write_report(tmp_path, monkeypatch, params.load_params().runs)
    assert "No run has results yet." in html
    assert "No run has results yet." in text
    assert "custom-batchnorm (no run.json)" in text


def test_only_the_first_forty_runs_are_in_the_markdown(tmp_path, monkeypatch):
    names = [f"{network}-plain-{seed}" for network in study.COSTS for seed in range(14)]
    for seed, name in enumerate(names):
        study.write_run(tmp_path / "runs", name, images=50, errors=3, seed=seed)
    html, text = write_report(tmp_path, monkeypatch, names)
    assert len(re.findall('<tr data-run="[^"]*"[^>]*><td data-key="run"', html.replace("\n", ""))) == 43
    assert "3 more rows are in report.html." in text
