"""The report says what the files say, for the runs that params.yaml names."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import params, report, results
from pipeline.errors import PipelineError
from pipeline.leaderboard import leaderboard, markdown, terminal
from tools import readme

PUBLISHED = results.Published(test={"lenet": {"test_accuracy": 0.9924}, "vgg": {"test_accuracy": 0.9949}}, curves={})
SETTINGS = {
    "seed": 7,
    "epochs": 2,
    "training_images": 1500,
    "validation_data": "validation",
    "optimizer": "adam",
    "dropout_scale": 0.3,
    "rho": None,
}


def write_run(folder, run, *, test_accuracy=0.98, flags=(True, True, False), seconds=61.4, threads=2, **settings):
    architecture = run.split("-")[0]
    record = {
        "run": run,
        "architecture": architecture,
        **dict(zip(("pooling", "dropout", "batch_norm"), flags, strict=True)),
        "protocol": "notebook" if settings.get("validation_data") == "test" else "fast",
        "settings": SETTINGS | settings,
        "parameters": 716234,
        "multiply_accumulates": 37_656_320,
    }
    metrics = {"val_loss": 0.05, "val_accuracy": 0.9812, "test_loss": 0.04321, "test_accuracy": test_accuracy}
    place = {
        "seconds": seconds,
        "host": "elsewhere",
        "versions": {"keras": "3.15.1", "numpy": "2.4.6"},
        "hardware": {
            "processor": "Some CPU",
            "cores": 4,
            "bfloat16": ["amx_bf16"],
            "gpus": [{"name": "Some GPU", "compute_capability": [8, 0]}],
        },
        "precision": "float32",
        "threads": threads,
    }
    path = folder / run
    path.mkdir(parents=True)
    (path / "run.json").write_text(json.dumps(record))
    (path / "metrics.json").write_text(json.dumps(metrics | {"test_errors": round(10_000 * (1 - test_accuracy))}))
    (path / "environment.json").write_text(json.dumps(place))
    (path / "history.csv").write_text(
        "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate\n1,0.5,0.8,0.1,0.97,0.003\n2,0.2,0.9,0.05,0.9812,0.0\n"
    )


def board(folder, *runs):
    found, missing = results.load(runs, folder)
    rows = leaderboard(found, PUBLISHED)
    return rows, report.page(found, missing, rows)


def test_a_row_holds_the_numbers_of_the_files(tmp_path):
    write_run(tmp_path, "lenet-dropout", test_accuracy=0.9873)
    (row,), _ = board(tmp_path, "lenet-dropout")
    assert row == {
        "run": "lenet-dropout",
        "parameters": 716234,
        "mmac": 37.65632,
        "dropout_scale": 0.3,
        "epochs": 2,
        "images_seen": 3000,
        "val_loss": 0.05,
        "val_accuracy": 0.9812,
        "test_loss": 0.04321,
        "test_accuracy": 0.9873,
        "test_errors": 127,
        "published_accuracy": 0.9924,
        "seconds": 61.4,
        "validation_data": "validation",
        "best": True,
    }


def test_the_table_aligns_and_prints_the_best_in_bold(tmp_path):
    write_run(tmp_path, "lenet-dropout", test_accuracy=0.9873)
    write_run(tmp_path, "vgg-plain", test_accuracy=0.9911, flags=(True, False, False), seconds=1234.5)
    rows, _ = board(tmp_path, "vgg-plain", "lenet-dropout")
    lines = markdown(rows).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert " ".join(cells[2]) == "vgg-plain 716,234 37.66 – 2 3,000 0.0500 0.9812 0.0432 **0.9911** 89 – 1,234"
    assert " ".join(cells[3]) == "lenet-dropout 716,234 37.66 0.3 2 3,000 0.0500 0.9812 0.0432 0.9873 127 0.9924 61"
    assert len({len(line) for line in lines}) == 1
    assert max(len(line) for line in terminal(rows).splitlines()) < 80


@pytest.mark.parametrize("flags", [(True, True, True), (True, False, False), (False, True, False)])
def test_only_the_network_as_printed_has_a_published_counterpart(flags, tmp_path):
    write_run(tmp_path, "lenet-other", flags=flags)
    (row,), _ = board(tmp_path, "lenet-other")
    assert row["published_accuracy"] is None


def test_ties_are_all_best(tmp_path):
    for run in ("lenet-a", "lenet-b"):
        write_run(tmp_path, run, test_accuracy=0.99)
    write_run(tmp_path, "lenet-c", test_accuracy=0.98)
    rows, _ = board(tmp_path, "lenet-a", "lenet-b", "lenet-c")
    assert [row["best"] for row in rows] == [True, True, False]


def test_missing_runs_are_named_and_unknown_folders_ignored(tmp_path):
    write_run(tmp_path, "lenet-dropout")
    write_run(tmp_path, "lenet-removed")
    write_run(tmp_path, "vgg-plain")
    (tmp_path / "vgg-plain/metrics.json").unlink()
    rows, text = board(tmp_path, "lenet-plain", "lenet-dropout", "vgg-plain")
    assert [row["run"] for row in rows] == ["lenet-dropout"]
    assert "Missing, and so not compared: `lenet-plain` (no run.json), `vgg-plain` (no metrics.json)." in text
    assert "removed" not in text


def test_validation_on_the_test_set_is_said(tmp_path):
    write_run(tmp_path, "lenet-dropout", validation_data="test")
    write_run(tmp_path, "vgg-dropout")
    _, text = board(tmp_path, "lenet-dropout", "vgg-dropout")
    assert "no model may be chosen by them" in text
    assert text.count("0.9812 †") == 1
    assert "Protocol `notebook` (lenet-dropout): seed 7, epochs 2, training images 1500, validation data test," in text
    assert "Protocol `fast` (vgg-dropout): " in text


def test_without_it_nothing_is_said(tmp_path):
    write_run(tmp_path, "vgg-dropout")
    _, text = board(tmp_path, "vgg-dropout")
    assert "†" not in text


def test_protocol_line_names_what_differs_between_runs(tmp_path):
    write_run(tmp_path, "lenet-a")
    write_run(tmp_path, "lenet-b", training_images=100, warmup=0.3)
    _, text = board(tmp_path, "lenet-a", "lenet-b")
    assert (
        "Protocol `fast`: seed 7, epochs 2, validation data validation, optimizer adam, dropout scale 0.3;"
        " by run: training images, warmup.\n"
    ) in text


def test_provenance_has_one_line_for_each_kind_of_machine(tmp_path):
    for run, threads in (("lenet-a", 2), ("lenet-b", 8), ("lenet-c", 2)):
        write_run(tmp_path, run, threads=threads)
    found, _ = results.load(["lenet-a", "lenet-b", "lenet-c"], tmp_path)
    machine = "on Some CPU, 4 cores, amx_bf16, Some GPU; precision float32"
    assert report.provenance(found) == [
        f"Trained (lenet-a, lenet-c) {machine}, threads 2; keras 3.15.1, numpy 2.4.6.",
        f"Trained (lenet-b) {machine}, threads 8; keras 3.15.1, numpy 2.4.6.",
    ]
    assert report.provenance(found[:1]) == [f"Trained {machine}, threads 2; keras 3.15.1, numpy 2.4.6."]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("metrics.json", '{"val_loss": 0.1,', "metrics.json: Expecting"),
        ("metrics.json", '{"val_loss": 0.1}', "metrics.json: val_accuracy is missing; run `dvc repro train@lenet-a"),
        ("history.csv", "epoch,train_loss\n1,x\n", "history.csv: could not convert"),
        ("history.csv", "epoch,train_loss\n", "history.csv: epoch is missing"),
    ],
)
def test_a_damaged_file_is_one_clear_error(file, content, message, tmp_path):
    write_run(tmp_path, "lenet-a")
    (tmp_path / "lenet-a" / file).write_text(content)
    with pytest.raises(PipelineError, match=f"results/runs/lenet-a/{message}"):
        results.load(["lenet-a"], tmp_path)


def test_published_figures_are_the_notebook_s():
    published = results.load_published()
    assert {name: row["test_accuracy"] for name, row in published.test.items()} == {
        "lenet": 0.9924,
        "vgg": 0.9949,
        "custom": 0.9932,
    }
    assert published.test["vgg"] == {"test_loss": 0.030504648093903096, "test_accuracy": 0.9949, "seconds": 206.0}
    assert {name: len(rows) for name, rows in published.curves.items()} == {"lenet": 20, "vgg": 20, "custom": 20}
    assert published.curves["custom"][1] == {"epoch": 2.0, "loss": 2.2988, "accuracy": 0.1217, "seconds": 237.0}


def test_main_writes_report_and_picture_and_prints_the_table(tmp_path, monkeypatch, capsys):
    write_run(tmp_path / "runs", "lenet-dropout", test_accuracy=0.9873)
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(report, "REPORT", tmp_path / "report.md")
    monkeypatch.setattr(report, "PICTURE", tmp_path / "curves.png")
    found = results.load(["lenet-dropout", "vgg-plain"], tmp_path / "runs")
    monkeypatch.setattr(results, "load", lambda runs: found)
    report.main(argparse.Namespace())
    text = (tmp_path / "report.md").read_text()
    assert text.startswith("# Results\n\n<!-- results -->\n\nProtocol `fast`: seed 7")
    assert "![Loss and accuracy of all runs](curves.png)" in text
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert "**0.9873**" in printed
    assert "`vgg-plain` (no run.json)" in printed


def test_without_any_result_the_report_says_so(tmp_path):
    _, text = board(tmp_path, *params.load().runs)
    assert "No results yet." in text
    assert "`custom-batchnorm` (no run.json)" in text


def test_the_report_imports_neither_tensorflow_nor_seaborn():
    code = "import sys, pipeline.report; print(sorted({'tensorflow', 'keras', 'mlflow', 'seaborn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=params.ROOT)
    assert done.stdout == "[]\n"


REPORT = "# Results\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\npicture\n"


def test_readme_takes_the_block_between_the_markers_and_nothing_else():
    old = "# Title\n\n<!-- results -->\n| old \\1 |\n<!-- /results -->\n\nend\n"
    new = "# Title\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\nend\n"
    assert readme.updated(old, REPORT) == new
    assert readme.updated(new, REPORT) == new


def test_readme_without_markers_is_an_error():
    with pytest.raises(PipelineError, match=r"README.md: found 0 blocks from <!-- results --> to <!-- /results -->"):
        readme.updated("# Title\n", REPORT)


def test_readme_check_changes_nothing_and_fails_until_current(tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "REPORT", tmp_path / "report.md")
    old = "<!-- results -->old<!-- /results -->"
    Path(tmp_path / "README.md").write_text(old)
    Path(tmp_path / "report.md").write_text(REPORT)
    with pytest.raises(PipelineError, match=r"run `python -m tools.readme`"):
        readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == old
    readme.main(argparse.Namespace(check=False))
    readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == "<!-- results -->\n\n| new |\n\n<!-- /results -->"
