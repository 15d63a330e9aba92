"""Every number in the report, worked out again from the stored predictions and histories without the report's code."""

import csv
import json
import math
import re
import zipfile
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import stats

from pipeline.files import ROOT

Z = 1.959963984540054
WHERE = ("data-run", "data-group", "data-image", "data-first", "data-layer", "data-conclusion", "data-network")


class Cells(HTMLParser):
    """Everything that carries a data-key: (key, its attributes and those around it, its text, the id of its table)."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open, self.around, self.table, self.verdicts = [], None, {}, "", {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("table", "article", "div") and ("id" in attributes or "data-conclusion" in attributes):
            self.table = attributes.get("id", "conclusion")
        if attributes.get("class") == "pair":
            self.table = "pair"
        if "data-verdict" in attributes:
            self.verdicts[int(attributes["data-conclusion"])] = attributes["data-verdict"]
        if any(name in attributes for name in WHERE):
            self.around = attributes
        if "data-key" in attributes:
            self.open = tag
            self.found.append([attributes["data-key"], self.around | attributes, "", self.table])

    def handle_data(self, text):
        if self.open:
            self.found[-1][2] += text

    def handle_endtag(self, tag):
        if tag == self.open:
            self.open = None


class Runs:
    """The stored results, read with nothing but numpy, csv and json."""

    def __init__(self, folder):
        self.folder = folder

    @cache  # noqa: B019
    def json(self, run, name):
        return json.loads((self.folder / run / name).read_text())

    @cache  # noqa: B019
    def csv(self, run, name):
        with (self.folder / run / name).open(newline="") as stream:
            return list(csv.DictReader(stream))

    @cache  # noqa: B019
    def pairs(self, run):
        return np.array([[int(row["actual"]), int(row["predicted"])] for row in self.csv(run, "predictions.csv")])

    def right(self, run):
        return self.pairs(run)[:, 0] == self.pairs(run)[:, 1]

    def probabilities(self, run):
        path = self.folder / run / "probabilities.npy"
        return np.load(path).astype(float) if path.is_file() else None


def wilson(share, n):
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return f"{100 * share:.2f} %{100 * (middle - half):.2f}–{100 * (middle + half):.2f}"


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


def mcnemar(a, b):
    tail = sum(math.comb(a + b, k) for k in range(min(a, b) + 1))
    return min(1.0, 2 * tail / 2 ** (a + b))


def holm(ps):
    adjusted, highest = {}, 0.0
    for rank, (name, p) in enumerate(sorted(ps.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(ps) - rank) * p))
        adjusted[name] = highest
    return adjusted


def p_text(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def points(share):
    return f"{100 * share:+.2f}".replace("-", "−")


@pytest.fixture(scope="module", params=["committed", "made up"])
def report(request, tmp_path_factory):
    """The page, its twin and the results that they are about."""
    if request.param == "committed":
        folder = ROOT / "results"
        assert (folder / "report.html").is_file(), "results/report.html: not found; run `make repro`"
    else:
        folder = tmp_path_factory.mktemp("results")
        made_up(folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    return Cells(html), (folder / "report.md").read_text(encoding="utf-8"), Runs(folder / "runs")


def made_up(folder):
    from pipeline.reporting import page, results, twin
    from pipeline.reporting.study import analyse
    from tests import study

    def normal(shape):
        return np.random.default_rng(4).normal(size=shape)

    names = study.write_study(
        folder / "runs",
        lenet_dropout={"weights": normal, "errors": 140, "validation": (0.9, 0.96, 0.981)},
        custom_dropout={"errors": 900, "training_images": 1280, "validation": (0.6, 0.81)},
    )
    whole = analyse(*results.load(names, folder / "runs"), results.load_published())
    (folder / "report.html").write_text(page.render(whole, {}, None), encoding="utf-8")
    (folder / "report.md").write_text(twin.markdown(whole), encoding="utf-8")


def board(report):
    """Row to key to (text, value)."""
    rows = {}
    for key, around, text, table in report[0].found:
        if table == "board":
            rows.setdefault(around["data-run"], {})[key] = (text, around["data-value"])
    return rows


def test_the_leaderboard(report):
    runs, published = report[2], {row["architecture"]: row for row in _published()}
    rows = board(report)
    names = [run for run in rows if run != "ensemble"]
    fewest = min(int((~runs.right(run)).sum()) for run in names)
    for run in names:
        texts = {key: text for key, (text, _) in rows[run].items()}
        record, metrics = runs.json(run, "run.json"), runs.json(run, "metrics.json")
        settings, right = record["settings"], runs.right(run)
        seen = settings["epochs"] * settings["training_images"]
        flops = 6 * record["multiply_accumulates"] * seen
        mark = " †" if settings["validation_data"] == "test" else ""
        last = float(runs.csv(run, "history.csv")[-1]["val_accuracy"])
        first = [row["epoch"] for row in runs.csv(run, "history.csv") if float(row["val_accuracy"]) >= 0.99]
        printed = (record["pooling"], record["dropout"], record["batch_norm"]) == (True, True, False)
        counterpart = published.get(record["architecture"]) if printed else None
        probabilities = runs.probabilities(run)
        assert texts.pop("run") == run
        assert texts.pop("variant")
        assert texts.pop("parameters") == f"{record['parameters']:,}"
        assert texts.pop("mmac") == f"{record['multiply_accumulates'] / 1e6:,.2f}"
        assert texts.pop("images_seen") == f"{seen:,}"
        assert texts.pop("training_flops") == (f"{flops / 1e12:,.2f}" if flops >= 1e10 else f"{flops / 1e12:.2g}")
        images = settings["validation_images"]
        assert texts.pop("val_accuracy") == wilson(round(last * images) / images, images) + mark
        assert texts.pop("test_accuracy") == wilson(right.mean(), len(right))
        assert texts.pop("test_errors") == f"{int((~right).sum()):,}"
        assert texts.pop("test_loss") == f"{metrics['test_loss']:.4f}"
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
            assert float(rows[run]["calibration"][1]) == pytest.approx(calibration(probabilities, labels), abs=2e-4)
            texts.pop("calibration")
        texts.pop("calibration", None)
        assert not texts, f"nobody checks {list(texts)}"
        bold = re.search(rf"\| \*\*{re.escape(run)}\*\* ", report[1]) is not None
        assert bold == (int((~right).sum()) == fewest)
        for key in ("parameters", "images_seen", "training_flops", "test_errors", "seconds"):
            assert f" {rows[run][key][0]}" in _row(report[1], run).replace("*", "")


def test_the_ensemble(report):
    runs, row = report[2], board(report).get("ensemble")
    members = [run for run in board(report) if runs.probabilities(run) is not None] if row else []
    if not members:
        return  # the probabilities are in a cache elsewhere, or were when the report was written
    mean = sum(runs.probabilities(run) for run in members) / len(members)
    labels = runs.pairs(members[0])[:, 0]
    right = mean.argmax(axis=1) == labels
    assert row["test_errors"][0] == f"{int((~right).sum()):,}"
    assert row["test_accuracy"][0] == wilson(right.mean(), len(right))
    loss = -np.log(np.clip(mean[np.arange(len(labels)), labels], 1e-7, 1)).mean()
    assert float(row["test_loss"][1]) == pytest.approx(loss, rel=1e-9)
    assert float(row["calibration"][1]) == pytest.approx(calibration(mean, labels), abs=2e-4)
    assert row["variant"][0] == f"mean of {len(members)}"


def comparisons(report, table):
    """(first, second) to key to (text, attributes), of the tables that compare two networks."""
    found = {}
    for key, around, text, where in report[0].found:
        if where == table and "data-first" in around:
            found.setdefault((around["data-first"], around["data-second"]), {})[key] = (text, around)
    return found


@pytest.mark.parametrize("table", ["effects", "conclusion"])
def test_comparisons(report, table):
    runs, found = report[2], comparisons(report, table)
    assert found
    ps = {}
    for (first, second), cells in found.items():
        if not (runs.folder / first).is_dir() or not (runs.folder / second).is_dir():
            assert cells["only_first"][0] == "–", f"{first}, {second}: neither over seeds nor on print"
            ps[frozenset((first, second))] = float(cells["p"][1]["data-value"])
            continue
        one, other = runs.right(first), runs.right(second)
        a, b = int((one & ~other).sum()), int((~one & other).sum())
        assert (cells["only_first"][0], cells["only_second"][0]) == (str(a), str(b))
        ps[frozenset((first, second))] = mcnemar(a, b)
        difference = one.astype(float) - other
        half = stats.t.ppf(0.975, len(one) - 1) * difference.std(ddof=1) / math.sqrt(len(one))
        middle = difference.mean()
        assert float(cells["difference"][1]["data-value"]) == pytest.approx(middle, abs=1e-12)
        assert cells["difference"][0] == points(float(cells["difference"][1]["data-value"]))
        assert float(cells["interval"][1]["data-low"]) == pytest.approx(middle - half, abs=1e-9)
        assert float(cells["interval"][1]["data-high"]) == pytest.approx(middle + half, abs=1e-9)
        assert cells["p"][0] == p_text(ps[frozenset((first, second))])
    assert len(ps) == 3 or table == "effects"
    for pair, p in holm(ps).items():
        for cells in (cells for names, cells in found.items() if frozenset(names) == pair):
            assert float(cells["adjusted"][1]["data-value"]) == pytest.approx(p, rel=1e-6, abs=1e-12)
            assert cells["adjusted"][0] == p_text(p)


def test_the_hardest_digits_and_where_two_networks_differ(report):
    runs = report[2]
    names = [run for run in board(report) if run != "ensemble"]
    wrong = sum((~runs.right(run)).astype(int) for run in names)
    total = [text for key, _, text, _ in report[0].found if key == "hard_total"]
    assert total == [str(int((wrong > len(names) / 2).sum()))] or not total
    answers = {}
    for key, around, text, table in report[0].found:
        if table == "hard":
            image = int(around["data-image"])
            if key == "answer":
                answers.setdefault(image, []).append(text)
            else:
                assert text == str({"digit": runs.pairs(names[0])[image, 0], "wrong": wrong[image]}[key])
        elif table == "pair":
            one, other = runs.right(around["data-first"]), runs.right(around["data-second"])
            counts = Counter(zip(one.tolist(), other.tolist(), strict=True))
            kinds = {"both": (True, True), "only_first": (True, False), "only_second": (False, True)}
            assert text == str(counts[kinds.get(key, (False, False))])
    for image, texts in answers.items():
        expected = [(runs.pairs(run)[image], runs.right(run)[image]) for run in names]
        assert texts == [f"{pair[1]}{' ✓' if right else ''}" for pair, right in expected]


def test_the_networks_as_printed(report):
    runs, published = report[2], {row["architecture"]: row for row in _published()}
    for key, around, text, table in report[0].found:
        if table == "printed":
            record = runs.json(around["data-run"], "run.json")
            settings = record["settings"]
            expected = {
                "mean": f"{100 * runs.right(around['data-run']).mean():.2f} %",
                "parameters": f"{record['parameters']:,}",
                "epochs": str(settings["epochs"]),
                "images_seen": f"{settings['epochs'] * settings['training_images']:,}",
                "published": f"{100 * float(published[around['data-network']]['test_accuracy']):.2f} %",
            }[key]
            assert text == expected or " ± " in text


def test_who_converged_when(report):
    runs = report[2]
    told = [text for key, _, text, _ in report[0].found if key == "race"]
    assert len(told) == 2
    for text in told:
        for network, epoch, images in re.findall(r"(\w+) in epoch (\d+), after ([\d,]+) images", text):
            goal = int(re.match(r"(\d+) %", text)[1]) / 100
            settings = runs.json(f"{network}-dropout", "run.json")["settings"]
            rows = runs.csv(f"{network}-dropout", "history.csv")
            assert next(row["epoch"] for row in rows if float(row["val_accuracy"]) >= goal) == epoch
            assert images == f"{int(epoch) * settings['training_images']:,}"


def test_the_shape_of_the_weights(report):
    runs = report[2]
    kernels = {}
    for key, around, text, _ in report[0].found:
        if "data-layer" in around:
            kernels.setdefault((around["data-run"], around["data-layer"]), {})[key] = (text, around)
    assert kernels
    for (run, layer), cells in kernels.items():
        model = runs.folder / run / "model.keras"
        if cells["sampled"][0] == "moments of all":
            row = [row for row in runs.csv(run, "weights.csv") if row["layer"] == layer][-1]
            expected = float(row["excess_kurtosis"]), float(row["skew"])
        elif model.is_file():
            weights = drawn(model, layer)
            assert cells["sampled"][0] == str(len(weights))
            centred = weights - weights.mean()
            variance = (centred**2).mean()
            expected = (centred**4).mean() / variance**2 - 3, (centred**3).mean() / variance**1.5
            assert cells["p_normal"][0] == p_text(stats.normaltest(weights).pvalue)
            steps = np.arange(len(weights) + 1) / len(weights)
            normal = stats.norm.cdf(np.sort(centred) / math.sqrt(variance))
            assert cells["distance"][0] == f"{max((steps[1:] - normal).max(), (normal - steps[:-1]).max()):.3f}"
        else:
            continue  # the model is in a cache elsewhere
        for key, value in zip(("excess_kurtosis", "skew"), expected, strict=True):
            assert float(cells[key][1]["data-value"]) == pytest.approx(value, abs=1e-6)


def drawn(model, layer):
    """The report's sample of a kernel: 5,000 weights by a generator of seed 2018, or all."""
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as stream, h5py.File(stream) as stored:
        (group,) = (one for one in stored["layers"].values() if one["vars"].attrs["name"] == layer)
        weights = group["vars/0"][:].astype(float).ravel()
    if len(weights) <= 5000:
        return weights
    return weights[np.random.default_rng(2018).choice(len(weights), 5000, replace=False)]


def test_the_verdict_counts_what_the_boxes_say(report):
    cells, text, runs = report
    words = Counter(cells.verdicts.values())
    assert sum(words.values()) == 6
    first, second, third = (said for key, _, said, _ in cells.found if key == "sentence")
    names = ("none", "one", "two", "three", "four", "five", "all six")
    for word in ("supported", "contradicted", "undecided"):
        which = [str(number) for number, verdict in cells.verdicts.items() if verdict == word]
        said = re.search(rf"(\w+|all six) {word}(?: \(([^)]*)\))?", second)
        assert said[1] in names[words[word]]
        assert re.findall(r"\d", said[2] or "") == which
        assert len(re.findall(rf"^\d\. .*\*\*{word.capitalize()}\*\*", text, re.MULTILINE)) == words[word]
    errors = [int((~runs.right(run)).sum()) for run in board(report) if run != "ensemble"]
    assert f"the fewest errors: {min(errors):,} of {len(runs.right(next(iter(board(report))))):,} test images" in first
    for share in re.findall(r"\(([+−][\d.]+) points\)", third):
        assert share in [cell["difference"][0] for cell in comparisons(report, "effects").values()]


def test_every_keyed_number_belongs_to_something_checked(report):
    known = {"board", "effects", "conclusion", "hard", "printed", "pair"}
    assert {key for key, _, _, table in report[0].found if table not in known} <= {"sentence", "hard_total"}


def _published():
    with Path(ROOT / "data/published/test.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def _row(text, run):
    return next(line for line in text.splitlines() if re.match(rf"\| \**{re.escape(run)}\**\s+\|", line))
