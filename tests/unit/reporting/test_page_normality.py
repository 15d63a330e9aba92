"""The page's weight statistics agree with the files."""

import pytest

from tests.support.report_page import names


def test_normality_of_the_weights(report):
    runs = report[2]
    kernels = {}
    for key, around, text, _ in report[0].cells:
        if "data-layer" in around:
            kernels.setdefault((around["data-run"], around["data-layer"]), {})[key] = (text, around)
    records = {run: runs.json(run, "run.json") for run in names(report)}
    published = [row for row in records.values() if row["pooling"] and row["dropout"] and not row["batch_norm"]]
    networks = sorted({row["architecture"] for row in published})
    assert sorted(records[run]["architecture"] for run in {run for run, _ in kernels}) == networks  # one run of each
    for (run, layer), cells in kernels.items():
        row = [row for row in runs.csv(run, "weights.csv") if row["layer"] == layer][-1]
        expected = float(row["excess_kurtosis"]), float(row["skew"])
        for key, value in zip(("excess_kurtosis", "skew"), expected, strict=True):
            assert float(cells[key][1]["data-value"]) == pytest.approx(value, abs=1e-6)
            assert cells[key][0].replace("−", "-") in (f"{value:.2f}", f"{value:.2f}".lstrip("-"))
        assert cells["normal"][0] == ("yes" if practically_normal(cells) else "no")
    normal = sum(cells["normal"][0] == "yes" for cells in kernels.values())
    (why,) = (text for key, around, text, _ in report[0].cells if key == "why" and around["conclusion"] == 4)
    if not kernels:
        assert (why, report[0].verdicts[4]) == ("no network as published has a run", "undecided")
        return
    assert why == f"{normal} of {len(kernels)} kernels are practically normal"
    share = normal / len(kernels)
    word = "supported" if share >= 0.9 else "contradicted" if share < 0.5 else "undecided"
    assert report[0].verdicts[4] == word


def practically_normal(cells):
    """The rule that the page gives."""
    kurtosis, skew = (abs(float(cells[key][1]["data-value"])) for key in ("excess_kurtosis", "skew"))
    return kurtosis <= 0.5 and skew <= 0.25
