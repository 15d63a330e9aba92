"""The leaderboard's numbers, computed again from the stored predictions and histories without the report's code."""

import re

import numpy as np
import pytest

from pipeline.reporting import markdown
from tests.support.report_arithmetic import wilson
from tests.support.report_page import ENSEMBLE, board, names
from tests.support.stored_results import published

NOT_IN_MARKDOWN = ("variant", "mmac", "test_loss", "calibration")
PRINTED = {"lenet": "0.25–0.5", "vgg": "0.5", "custom": "0.4–0.5"}  # dropout rates
VARIANTS = {
    (True, False, False): "plain",
    (True, True, False): "dropout",
    (True, True, True): "batchnorm",
    (False, False, False): "nopool-plain",
}


def calibration(probabilities, labels):
    total = 0.0
    for low in np.arange(15) / 15:
        confidence = probabilities.max(axis=1)
        inside = (confidence > low + (1e-12 if low else -1)) & (confidence <= low + 1 / 15 + 1e-12)
        if inside.any():
            total += (
                abs((probabilities.argmax(axis=1) == labels)[inside].mean() - confidence[inside].mean()) * inside.sum()
            )
    return total / len(labels)


def ensemble_of(report):
    """The runs whose probabilities are here and whose error on held-out images is at most twice the least."""
    runs, held_out = report[2], {}
    for run in names(report):
        if runs.json(run, "run.json")["settings"]["validation_data"] != "test":
            held_out[run] = 1 - float(runs.csv(run, "history.csv")[-1]["val_accuracy"])
    least = min(held_out.values(), default=0)
    return [run for run, error in held_out.items() if error <= 2 * least and runs.probabilities(run) is not None]


def errors(report, count, images):
    """The text about that many errors: the number of images is part of it unless it is 10,000 for all rows."""
    members = ensemble_of(report)
    scored = [len(report[2].images(run)) for run in names(report)]
    scored += [len(report[2].common(*members))] if len(members) > 1 else []
    return f"{count:,}" if set(scored) == {10_000} else f"{count:,} of {images:,}"


def flops(record):
    """Six operations per multiply-accumulate and image: two forward, four backward."""
    settings = record["settings"]
    return 6 * record["multiply_accumulates"] * settings["epochs"] * settings["training_images"]


def test_leaderboard(report):
    runs, rows = report[2], board(report)
    for run in names(report):
        texts = {key: text for key, (text, _) in rows[run].items()}
        record, metrics = runs.json(run, "run.json"), runs.json(run, "metrics.json")
        settings, correct = record["settings"], runs.correct(run)
        seen = settings["epochs"] * settings["training_images"]
        mark = " †" if settings["validation_data"] == "test" else ""
        last = float(runs.csv(run, "history.csv")[-1]["val_accuracy"])
        first = [row["epoch"] for row in runs.csv(run, "history.csv") if float(row["val_accuracy"]) >= 0.99]
        printed = (record["pooling"], record["dropout"], record["batch_norm"]) == (True, True, False)
        counterpart = published().get(record["architecture"]) if printed else None
        probabilities = runs.probabilities(run)
        assert texts.pop("run") == run
        scale = settings["dropout_scale"]
        low, _, high = PRINTED[record["architecture"]].partition("–")
        rates = "–".join(f"{float(rate) * scale:.3g}" for rate in (low, high) if rate)
        rates = rates + " as printed" * (scale == 1) if record["dropout"] else ""
        assert texts.pop("variant") == VARIANTS[record["pooling"], record["dropout"], record["batch_norm"]] + rates
        assert run not in list(rows)[: markdown.MAX_ROWS] or _row(report[1], run)[1] == (rates or "–")
        assert texts.pop("parameters") == f"{record['parameters']:,}"
        assert texts.pop("mmac") == f"{record['multiply_accumulates'] / 1e6:,.2f}"
        assert texts.pop("images_seen") == f"{seen:,}"
        assert texts.pop("training_flops") == f"{flops(record) / 1e12:,.2f}"
        images = settings["validation_images"]
        assert texts.pop("val_accuracy") == wilson(round(last * images) / images, images) + mark
        assert texts.pop("test_accuracy") == wilson(correct.mean(), len(correct))
        assert texts.pop("test_errors") == errors(report, int((~correct).sum()), len(correct))
        stress = runs.stress(run)
        assert texts.pop("stress_accuracy", "–") == (wilson(stress.mean(), len(stress)) if len(stress) else "–")
        assert texts.pop("test_loss") == f"{metrics['test_loss']:.4f}"
        assert metrics["val_accuracy"] == last
        assert texts.pop("epochs_to_goal") == (str(int(float(first[0]))) if first else "–")
        assert texts.pop("seconds") == f"{runs.json(run, 'environment.json')['seconds']:,.0f}"
        assert texts.pop("published_accuracy") == (
            f"{100 * float(counterpart['test_accuracy']):.2f} %" if counterpart else "–"
        )
        if probabilities is not None:
            labels = runs.pairs(run)[:, 0]
            assert (probabilities.argmax(axis=1) == runs.pairs(run)[:, 1]).all()
            loss = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1)).mean()
            assert metrics["test_loss"] == pytest.approx(loss, rel=1e-6)
            assert float(rows[run]["calibration"][1]) == pytest.approx(calibration(probabilities, labels), abs=1e-9)
            error = f"{float(rows[run]['calibration'][1]):.4f}"
            assert re.fullmatch(rf"{error}0\.\d{{4}}", texts.pop("calibration"))
        texts.pop("calibration", None)
        assert not texts, f"not checked: {list(texts)}"
        bold = re.search(rf"\| \*\*{re.escape(run)}\*\* ", report[1]) is not None
        assert bold == (f", {run} is best on validation data (" in report[1])
    hidden = len(rows) - markdown.MAX_ROWS
    assert (re.findall(r"(\d+) more rows are in", report[1]) == [str(hidden)]) == (hidden > 0)
    for run, cells in list(rows.items())[: markdown.MAX_ROWS]:
        name, _, *others = _row(report[1], run)
        assert [name, *others] == [
            re.sub(r" %([\d.–]+)", r" % (\1)", cells[key][0]) for key in cells if key not in NOT_IN_MARKDOWN
        ]


def test_ensemble(report):
    runs, row = report[2], board(report).get(ENSEMBLE)
    members = ensemble_of(report) if row else []
    if not members:
        pytest.skip("the probabilities are not here")
    images = runs.common(*members)
    mean = sum(runs.probabilities(run)[runs.rows(run, images)] for run in members) / len(members)
    labels = runs.pairs(members[0])[runs.rows(members[0], images), 0]
    correct = mean.argmax(axis=1) == labels
    assert row["test_errors"][0] == errors(report, int((~correct).sum()), len(images))
    assert row["test_accuracy"][0] == wilson(correct.mean(), len(images))
    loss = -np.log(np.clip(mean[np.arange(len(labels)), labels], 1e-7, 1)).mean()
    assert float(row["test_loss"][1]) == pytest.approx(loss, rel=1e-9)
    assert float(row["calibration"][1]) == pytest.approx(calibration(mean, labels), abs=1e-9)
    assert row["variant"][0] == f"mean of {len(members)}"
    assert (row["test_loss"][0], row["calibration"][0][:6]) == (
        f"{float(row['test_loss'][1]):.4f}",
        f"{float(row['calibration'][1]):.4f}",
    )
    sums = {
        "parameters": sum(runs.json(run, "run.json")["parameters"] for run in members),
        "mmac": sum(runs.json(run, "run.json")["multiply_accumulates"] for run in members) / 1e6,
        "training_flops": sum(flops(runs.json(run, "run.json")) for run in members),
        "seconds": sum(runs.json(run, "environment.json")["seconds"] for run in members),
    }
    for key, value in sums.items():
        assert float(row[key][1]) == pytest.approx(value, rel=1e-12)
    assert row["parameters"][0] == f"{sums['parameters']:,}"
    assert row["mmac"][0] == f"{sums['mmac']:,.2f}"
    assert row["training_flops"][0] == f"{sums['training_flops'] / 1e12:,.2f}"
    assert row["seconds"][0] == f"{sums['seconds']:,.0f}"


def _row(text, run):
    whole = text.partition(markdown.END)[2]  # after the README's part, which has a smaller table
    line = next(line for line in whole.splitlines() if re.match(rf"\| \**{re.escape(run)}\**\s+\|", line))
    return [cell.strip().strip("*") for cell in line.strip("|").split("|")]
