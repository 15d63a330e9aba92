"""The page's comparisons, computed again from the stored predictions and histories without the report's code."""

import itertools
import math
import operator
import re

import numpy as np
import pytest
from scipy import stats

from tests.support.report_arithmetic import holm, mcnemar, p_text, points
from tests.support.report_page import comparisons, names
from tests.support.stored_results import published


def test_comparisons(report):
    runs, pairs = report[2], comparisons(report, "effects")
    records = [runs.json(run, "run.json") for run in names(report)]
    kinds = {tuple(record[key] for key in ("architecture", "pooling", "dropout", "batch_norm")) for record in records}
    one_part = [  # two kinds of the same network, one with a part that the other lacks
        kinds
        for kinds in itertools.combinations(kinds, 2)
        if kinds[0][0] == kinds[1][0] and sum(map(operator.ne, *kinds)) == 1
    ]
    assert bool(pairs) == bool(one_part)
    ps = {}
    for (first, second), cells in pairs.items():
        if "seeds)" in first + second:
            ps[frozenset((first, second))] = check_seeds(runs, first, second, cells)
        else:
            ps[frozenset((first, second))] = check_images(runs, first, second, cells)
    for pair, p in holm(ps).items():
        for cells in (cells for two, cells in pairs.items() if frozenset(two) == pair):
            assert float(cells["adjusted"][1]["data-value"]) == pytest.approx(p, rel=1e-6, abs=1e-12)
            assert cells["adjusted"][0] == p_text(p)


def check_images(runs, first, second, cells):
    """Two runs on the images that both were scored on: checks the cells, and returns p."""
    images = runs.common(first, second)
    correct, other = runs.correct(first, images), runs.correct(second, images)
    only_first, only_second = int((correct & ~other).sum()), int((~correct & other).sum())
    assert (cells["only_first"][0], cells["only_second"][0]) == (f"{only_first:,}", f"{only_second:,}")
    difference = correct.astype(float) - other
    half = stats.t.ppf(0.975, len(images) - 1) * difference.std(ddof=1) / math.sqrt(len(images))
    mean = difference.mean()
    assert float(cells["difference"][1]["data-value"]) == pytest.approx(mean, abs=1e-12)
    assert cells["difference"][0] == points(float(cells["difference"][1]["data-value"]))
    assert float(cells["interval"][1]["data-low"]) == pytest.approx(mean - half, abs=1e-9)
    assert float(cells["interval"][1]["data-high"]) == pytest.approx(mean + half, abs=1e-9)
    assert cells["interval"][0] == f"{points(mean - half)} to {points(mean + half)}"
    p = mcnemar(only_first, only_second)
    assert cells["p"][0] == p_text(p)
    return p


def check_seeds(runs, first, second, cells):
    """Two groups of seeds by Welch's test, by hand: checks the cells, and returns p."""
    samples = [
        [runs.correct(run).mean() for run in runs.same_but_seed(re.sub(r" \(.*", "", name))] for name in (first, second)
    ]
    assert [f"({len(sample)} seeds)" for sample in samples] == [name.split(" ", 1)[1] for name in (first, second)]
    (a, b), (n, m) = ([np.var(sample, ddof=1) / len(sample) for sample in samples], map(len, samples))
    mean, error = np.mean(samples[0]) - np.mean(samples[1]), math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    half = stats.t.ppf(0.975, freedom) * error
    assert cells["only_first"][0] == cells["only_second"][0] == "–"
    assert cells["difference"][0] == points(mean)
    assert cells["interval"][0] == f"{points(mean - half)} to {points(mean + half)}"
    p = 2 * stats.t.sf(abs(mean) / error, freedom)
    assert cells["p"][0] == p_text(p)
    return p


def test_runs_that_differ_only_in_their_seed(report):
    runs = report[2]
    told = {around["data-group"]: (text, around) for key, around, text, table in report[0].cells if table == "seeds"}
    groups = [runs.same_but_seed(run) for run in names(report) if len(runs.same_but_seed(run)) > 1]
    assert set(told) == {group[0] for group in groups}
    for group in groups:
        accuracies = [runs.correct(run).mean() for run in group]
        mean, deviation = np.mean(accuracies), np.std(accuracies, ddof=1)
        assert told[group[0]][0] == f"{100 * mean:.2f} % ± {100 * deviation:.2f}"
        assert float(told[group[0]][1]["data-value"]) == pytest.approx(mean, abs=1e-12)


def test_trainings_that_are_compared(report):
    runs = report[2]
    for key, around, text, table in report[0].cells:
        if table == "networks":
            record = runs.json(around["data-run"], "run.json")
            settings = record["settings"]
            accuracies = [runs.correct(run).mean() for run in runs.same_but_seed(around["data-run"])]
            spread = f" ± {100 * np.std(accuracies, ddof=1):.2f}" if len(accuracies) > 1 else ""
            expected = {
                "mean": f"{100 * np.mean(accuracies):.2f} %{spread}",
                "parameters": f"{record['parameters']:,}",
                "images_seen": f"{settings['epochs'] * settings['training_images']:,}",
                "published": f"{100 * float(published()[around['data-network']]['test_accuracy']):.2f} %",
            }[key]
            assert text == expected
