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
    (kernel,) = (kernel for kernel in kernels(result) if kernel.layer == "dense1")
    assert kernel.excess_kurtosis == pytest.approx(kurtosis, abs=0.2)
    assert kernel.normal == normal
    assert np.isclose(kernel.skew, 0, atol=0.1)
