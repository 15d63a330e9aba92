"""Distances of made-up kernels from a normal distribution and from their initial one."""

import numpy as np
import pytest
from scipy import stats

from pipeline.reporting.normality import judge_weights, kernels
from tests.support import study
from tests.support.reported import networks


def wide(shape):
    """The initial weights of `write_weights`, moved and scaled."""
    return 0.1 + 1.4 * stats.truncnorm.rvs(-2, 2, size=shape, random_state=4)


def group(folder, weights):
    study.write_run(folder, "lenet-dropout", images=10, errors=1, weights=weights)
    return networks(folder, "lenet-dropout")["lenet"][0]


@pytest.mark.parametrize(
    ("weights", "distance"),
    [(study.normal, 0.0), (study.uniform, 0.0572), (wide, 0.0167)],  # of the distributions themselves
)
def test_distance_from_a_normal_distribution(weights, distance, tmp_path):
    (dense,) = (kernel for kernel in kernels(group(tmp_path, weights)) if kernel.layer == "dense1")
    assert dense.noise == pytest.approx(0.89 / np.sqrt(5400))
    assert dense.distance == pytest.approx(distance, abs=dense.noise)


def test_distance_from_the_initial_shape_ignores_scale_and_place(tmp_path):
    found = {kernel.layer: kernel.from_initial for kernel in kernels(group(tmp_path / "a", wide))}
    assert max(found.values()) < 0.01  # what the bins' width and a hundred weights cost
    found = {kernel.layer: kernel.from_initial for kernel in kernels(group(tmp_path / "b", study.uniform))}
    assert found["dense1"] == pytest.approx(0.042, abs=0.01)


def test_kernels_are_of_three_kinds(tmp_path):
    kinds = {kernel.layer: kernel.kind for kernel in kernels(group(tmp_path, study.normal))}
    assert kinds == {"conv1": "convolutions", "dense1": "dense layers", "output": "output layers"}


def test_the_verdict_says_where_it_turns(tmp_path):
    """Of three kernels, two must be within a threshold not to contradict, and all three to support."""
    claim = judge_weights(group(tmp_path, study.uniform))
    assert (claim.about, claim.word, claim.seeds) == ("0 of 3 kernels", "contradicted", (1,))
    distances = sorted(kernel.distance for kernel in kernels(group(tmp_path / "again", study.uniform)))
    assert claim.why == (
        "within 0.03 of a normal distribution: 0 of 1 convolutions, 0 of 1 dense layers, 0 of 1 output layers; it"
        f" would be supported from a threshold of {distances[2]:.3f} on, and contradicted below {distances[1]:.3f}"
    )


def test_without_histograms_there_is_nothing_to_judge(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", images=10, errors=1)
    (tmp_path / "lenet-dropout/histograms.json").unlink()
    assert judge_weights(networks(tmp_path, "lenet-dropout")["lenet"][0]).word == "–"
