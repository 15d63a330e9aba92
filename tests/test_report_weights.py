"""What the report says of the weights, worked out again from the models without the report's code."""

import math
import zipfile

import h5py
import numpy as np
import pytest
from scipy import stats

from tests.report_arithmetic import p_text


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
            assert cells["sampled"][0] == f"{len(weights):,}"
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
            assert cells[key][0].replace("−", "-") in (f"{value:.2f}", f"{value:.2f}".lstrip("-"))
        assert cells["normal"][0] == ("yes" if practically_normal(cells) else "no")
    normal = sum(cells["normal"][0] == "yes" for cells in kernels.values())
    (why,) = (text for key, around, text, _ in report[0].found if key == "why" and around["conclusion"] == 4)
    assert why == f"{normal} of {len(kernels)} kernels are practically normal"
    share = normal / len(kernels)
    word = "supported" if share >= 0.9 else "contradicted" if share < 0.5 else "undecided"
    assert report[0].verdicts[4] == word


def practically_normal(cells):
    """The rule that the box gives: 0.5, 0.25 and 0.03, each wider by the chance of the sample."""
    text = cells["sampled"][0].replace(",", "")
    n = int(text) if text.isdigit() else math.inf
    limits = {"excess_kurtosis": 0.5 + 1.96 * math.sqrt(24 / n), "skew": 0.25 + 1.96 * math.sqrt(6 / n)}
    distance = cells["distance"][0]
    near = distance == "–" or float(distance) <= 0.03 + 0.886 / math.sqrt(n)
    return near and all(abs(float(cells[key][1]["data-value"])) <= limit for key, limit in limits.items())


def drawn(model, layer):
    """The report's sample of a kernel: 5,000 weights by a generator of seed 2018, or all."""
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as stream, h5py.File(stream) as stored:
        (group,) = (one for one in stored["layers"].values() if one["vars"].attrs["name"] == layer)
        weights = group["vars/0"][:].astype(float).ravel()
    if len(weights) <= 5000:
        return weights
    return weights[np.random.default_rng(2018).choice(len(weights), 5000, replace=False)]
