"""The page of all histograms of a run."""

import json
import re

import numpy as np

from pipeline.figures.weight_page import weights_page
from pipeline.formats.histograms import Histogram
from tests.support.mirrored import PLAIN


def test_it_holds_every_share_and_loads_nothing() -> None:
    counts = np.array([[1, 3], [2, 1]])
    histogram = Histogram(-1.0, 1.0, 0.25, [0, 1], counts, np.array([0, 1]), np.array([0, 0]))
    page = weights_page({"run": "a<b", "architecture": "lenet", **PLAIN}, {"conv<1": histogram})
    data = json.loads(re.search(r"const layers = (.*), colour", page)[1])
    assert data == {
        "conv<1": {"low": -1.0, "high": 1.0, "epochs": [0, 1], "shares": [[25, 75], [50, 25]], "outside": [0, 25]}
    }
    assert "a<b" not in page and "conv<1" not in page
    assert not re.search(r"@[A-Z]+@|https?:|src=|@import", page)
    assert 'min="0" value="1" max="1"' in page
