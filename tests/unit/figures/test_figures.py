"""Equal input gives equal figures, byte for byte, whatever matplotlib's settings are, and leaves these alone."""

import struct
import zlib

import matplotlib
import numpy as np
import pytest

from pipeline.figures import (
    ablation,
    accuracy,
    all_curves,
    confusion,
    convergence,
    cost,
    digit_grid,
    learning_curves,
    normality,
    reliability,
    run_styles,
    style,
    weight_violins,
)
from pipeline.tracking.run_content import variant_name
from tests.support.drawn import CURVES, DISTANCES, EFFECTS, HISTORY, PUBLISHED, RELIABILITIES, SCORES, kernels

IMAGES = np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28, 1)
FIGURES = {
    "digit_grid": lambda: digit_grid.draw_digits(IMAGES, ["a", ""], "t"),
    "learning_curves": lambda: learning_curves.draw_loss(HISTORY, "lenet-plain"),
    "all_curves": lambda: all_curves.draw_all_curves(CURVES, PUBLISHED),
    "convergence": lambda: convergence.draw_convergence(CURVES, PUBLISHED),
    "accuracy": lambda: accuracy.draw_accuracy(SCORES),
    "normality": lambda: normality.draw_normality(DISTANCES, 0.03),
    "reliability": lambda: reliability.draw_reliability(RELIABILITIES),
    "ablation": lambda: ablation.draw_ablation(EFFECTS),
    "cost": lambda: cost.draw_cost(SCORES),
    "weight_violins": lambda: weight_violins.draw_violins(kernels(), "lenet-plain", 3),
    "confusion": lambda: confusion.draw_confusion(np.eye(10, dtype=int), "t"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_input_gives_equal_bytes_with_any_matplotlib_settings(name, tmp_path):
    style.save(FIGURES[name](), tmp_path / "one.png")
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "savefig.dpi": 30, "lines.linewidth": 9}):
        style.save(FIGURES[name](), tmp_path / "two.png")
    content = (tmp_path / "one.png").read_bytes()
    assert content == (tmp_path / "two.png").read_bytes()
    assert chunks(content) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}  # neither a time nor a version in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


def chunks(png):
    names, place = set(), 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        assert zlib.crc32(png[place + 4 : place + 8 + length]) == struct.unpack(">I", png[place + 8 + length :][:4])[0]
        names.add(name)
        place += 12 + length
    return names


def test_figures_change_neither_matplotlib_settings_nor_its_list_of_figures():
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    learning_curves.draw_loss(HISTORY, "lenet-plain")
    weight_violins.draw_violins(kernels(), "lenet-plain", 3)
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == []


def test_variants_have_the_names_of_mlflow_s_tag():
    components = ("pooling", "dropout", "batch_norm")
    for flags, variant in run_styles.VARIANTS.items():
        assert variant.name == variant_name(dict(zip(components, flags, strict=True)))


def test_every_variant_has_its_own_marker_and_every_architecture_a_colour():
    assert len({variant.marker for variant in run_styles.VARIANTS.values()}) == 8
    assert [run_styles.colour(name) for name in ("lenet", "vgg", "custom", "yours")] == [
        "#4459d1",
        "#eb6d04",
        "#1ba37e",
        "#cc79a7",
    ]
