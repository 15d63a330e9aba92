"""Normality of made-up kernels."""

import numpy as np
import pytest

from pipeline.reporting.normality import kernels
from tests.support import study
from tests.support.reported import analyze_runs


@pytest.mark.parametrize(("weights", "kurtosis", "normal"), [(study.normal, 0, True), (study.uniform, -1.2, False)])
def test_normal_and_uniform_weights(weights, kurtosis, normal, tmp_path):
    study.write_run(tmp_path, "lenet-dropout", weights=weights)
    (result,) = analyze_runs(tmp_path, "lenet-dropout").results
    tested = {kernel.layer: kernel for kernel in kernels(result)}
    kernel = tested["dense1"]
    assert {layer: kernel.sampled for layer, kernel in tested.items()} == {"conv1": 360, "dense1": 5000, "output": 600}
    assert kernel.excess_kurtosis == pytest.approx(kurtosis, abs=0.2)
    assert (kernel.normal, kernel.distance < 0.02, kernel.p > 0.01) == (normal, normal, normal)
    assert np.isclose(kernel.skew, 0, atol=0.1)
