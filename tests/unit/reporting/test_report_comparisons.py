"""The report's comparisons, worked out again from the stored predictions and histories without the report's code."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from tests.support.report_arithmetic import fisher, holm, mcnemar, newcombe, p_text, points
from tests.support.report_page import comparisons, names
from tests.support.stored_results import published


@pytest.mark.parametrize("table", ["effects", "conclusion"])
def test_comparisons(report, table):
    runs, found = report[2], comparisons(report, table)
    records = [runs.json(run, "run.json") for run in names(report)]
    kinds = {tuple(record[key] for key in ("architecture", "pooling", "dropout", "batch_norm")) for record in records}
    assert found or (table == "effects" and len(kinds) == len({architecture for architecture, *_ in kinds}))
    ps = {}
    for (first, second), cells in found.items():
        if "seeds)" in first + second:
            ps[frozenset((first, second))] = over_seeds(runs, first, second, cells)
            continue
        if first in published():
            ps[frozenset((first, second))] = by_counts(first, second, cells)
            continue
        one, other = runs.right(first), runs.right(second)
        a, b = int((one & ~other).sum()), int((~one & other).sum())
        assert (cells["only_first"][0], cells["only_second"][0]) == (f"{a:,}", f"{b:,}")
        ps[frozenset((first, second))] = mcnemar(a, b)
        difference = one.astype(float) - other
        half = stats.t.ppf(0.975, len(one) - 1) * difference.std(ddof=1) / math.sqrt(len(one))
        middle = difference.mean()
        assert float(cells["difference"][1]["data-value"]) == pytest.approx(middle, abs=1e-12)
        assert cells["difference"][0] == points(float(cells["difference"][1]["data-value"]))
        assert float(cells["interval"][1]["data-low"]) == pytest.approx(middle - half, abs=1e-9)
        assert float(cells["interval"][1]["data-high"]) == pytest.approx(middle + half, abs=1e-9)
        assert cells["interval"][0] == f"{points(middle - half)} to {points(middle + half)}"
        assert cells["p"][0] == p_text(ps[frozenset((first, second))])
    assert len(ps) == 3 or table == "effects"
    for pair, p in holm(ps).items():
        for cells in (cells for two, cells in found.items() if frozenset(two) == pair):
            assert float(cells["adjusted"][1]["data-value"]) == pytest.approx(p, rel=1e-6, abs=1e-12)
            assert cells["adjusted"][0] == p_text(p)


def by_counts(first, second, cells):
    """Two networks of which one has no run: the published counts, unpaired. Checks the cells, and returns p."""
    one, other = (float(published()[name]["test_accuracy"]) for name in (first, second))
    low, high = newcombe(one, other, 10_000)
    assert cells["only_first"][0] == cells["only_second"][0] == "–"
    assert cells["difference"][0] == points(one - other)
    assert cells["interval"][0] == f"{points(low)} to {points(high)}"
    p = fisher([round(10_000 * share) for share in (one, other)], 10_000)
    assert cells["p"][0] == p_text(p)
    return p


def over_seeds(runs, first, second, cells):
    """Welch's test, by hand: checks difference and interval of the cells, and returns p."""
    samples = [[runs.right(run).mean() for run in runs.alike(re.sub(r" \(.*", "", name))] for name in (first, second)]
    assert [f"({len(sample)} seeds)" for sample in samples] == [name.split(" ", 1)[1] for name in (first, second)]
    (a, b), (n, m) = ([np.var(sample, ddof=1) / len(sample) for sample in samples], map(len, samples))
    middle, error = np.mean(samples[0]) - np.mean(samples[1]), math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    half = stats.t.ppf(0.975, freedom) * error
    assert cells["only_first"][0] == cells["only_second"][0] == "–"
    assert cells["difference"][0] == points(middle)
    assert cells["interval"][0] == f"{points(middle - half)} to {points(middle + half)}"
    p = 2 * stats.t.sf(abs(middle) / error, freedom)
    assert cells["p"][0] == p_text(p)
    return p


def test_runs_that_are_equal_but_for_their_seed(report):
    runs = report[2]
    told = {around["data-group"]: (text, around) for key, around, text, table in report[0].found if table == "seeds"}
    several = [runs.alike(run) for run in names(report) if len(runs.alike(run)) > 1]
    assert set(told) == {alike[0] for alike in several}
    for alike in several:
        accuracies = [runs.right(run).mean() for run in alike]
        mean, deviation = np.mean(accuracies), np.std(accuracies, ddof=1)
        assert told[alike[0]][0] == f"{100 * mean:.2f} % ± {100 * deviation:.2f}"
        assert float(told[alike[0]][1]["data-value"]) == pytest.approx(mean, abs=1e-12)


def test_the_networks_as_printed(report):
    runs = report[2]
    for key, around, text, table in report[0].found:
        if table == "printed":
            record = runs.json(around["data-run"], "run.json")
            settings = record["settings"]
            accuracies = [runs.right(run).mean() for run in runs.alike(around["data-run"])]
            spread = f" ± {100 * np.std(accuracies, ddof=1):.2f}" if len(accuracies) > 1 else ""
            expected = {
                "mean": f"{100 * np.mean(accuracies):.2f} %{spread}",
                "parameters": f"{record['parameters']:,}",
                "epochs": str(settings["epochs"]),
                "images_seen": f"{settings['epochs'] * settings['training_images']:,}",
                "published": f"{100 * float(published()[around['data-network']]['test_accuracy']):.2f} %",
            }[key]
            assert text == expected


def test_what_the_notebook_s_own_counts_say(report):
    errors = {name: round(10_000 * (1 - float(row["test_accuracy"]))) for name, row in published().items()}
    ps = {
        frozenset(pair): fisher([10_000 - errors[name] for name in pair], 10_000)
        for pair in (("vgg", "custom"), ("lenet", "custom"), ("vgg", "lenet"))
    }
    said = {around["conclusion"]: text for key, around, text, _ in report[0].found if key == "printed"}
    for number in (1, 3, 5, 6):
        listed = re.search(r"one training each: ([^:]*\))\. By", said[number])[1].split(", ")
        assert listed == [
            f"{name} {float(row['test_accuracy']):.4f} ({errors[name]} errors)" for name, row in published().items()
        ]
        pairs = re.findall(r"(\w+) − (\w+) ([+−][\d.]+) points \(p ([^,]+), (.+?) after Holm\)", said[number])
        assert len(pairs) == {1: 2, 3: 1, 5: 2, 6: 2}[number]
        for first, second, difference, p, adjusted in pairs:
            assert difference == points((errors[second] - errors[first]) / 10_000)
            assert p == p_text(ps[frozenset((first, second))])
            assert adjusted == p_text(holm(ps)[frozenset((first, second))])


def test_who_converged_when(report):
    runs = report[2]
    told = [text for key, _, text, _ in report[0].found if key == "race"]
    assert len(told) == 2
    for text in told:
        for network, epochs, images in re.findall(r"(\w+) not within (\d+) epochs, ([\d,]+) images", text):
            goal = int(re.match(r"(\d+) %", text)[1]) / 100
            settings = runs.json(f"{network}-dropout", "run.json")["settings"]
            rows = runs.csv(f"{network}-dropout", "history.csv")
            assert max(float(row["val_accuracy"]) for row in rows) < goal
            assert (len(rows), images) == (int(epochs), f"{len(rows) * settings['training_images']:,}")
        for network, epoch, images in re.findall(r"(\w+) in epoch (\d+), after ([\d,]+) images", text):
            goal = int(re.match(r"(\d+) %", text)[1]) / 100
            settings = runs.json(f"{network}-dropout", "run.json")["settings"]
            rows = runs.csv(f"{network}-dropout", "history.csv")
            assert next(row["epoch"] for row in rows if float(row["val_accuracy"]) >= goal) == epoch
            assert images == f"{int(epoch) * settings['training_images']:,}"
