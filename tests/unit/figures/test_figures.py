"""Equal input gives equal figures, byte for byte, whatever the machine's settings, which stay as they were."""

import struct
import zlib

import matplotlib
import numpy as np
import pytest

from pipeline.figures import (
    ablation,
    all_curves,
    confusion,
    cost,
    digit_grid,
    learning_curves,
    run_styles,
    weight_violins,
)
from tests.support.drawn import HISTORY, LINES, POINTS, PUBLISHED, RUNS, kernels

SAVED = {
    "digits": lambda path: digit_grid.save_digits(
        path, np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28, 1), ["a", ""], "t"
    ),
    "loss": lambda path: learning_curves.save_loss(path, HISTORY, "lenet-plain"),
    "all": lambda path: all_curves.save_all(path, RUNS, PUBLISHED),
    "effects": lambda path: ablation.save_effects(path, LINES),
    "tradeoff": lambda path: cost.save_tradeoff(path, POINTS),
    "violins": lambda path: weight_violins.save_violins(path, kernels(), "lenet-plain", 3),
    "confusion": lambda path: confusion.save_confusion(path, np.eye(10, dtype=int), "t"),
}


@pytest.mark.parametrize("name", SAVED)
def test_equal_input_gives_equal_bytes_whatever_the_machine_s_settings(name, tmp_path):
    SAVED[name](tmp_path / "one.png")
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "savefig.dpi": 30, "lines.linewidth": 9}):
        SAVED[name](tmp_path / "two.png")
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


def test_figures_leave_matplotlib_s_settings_and_its_list_of_figures_alone():
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    learning_curves.draw_loss(HISTORY, "lenet-plain")
    weight_violins.draw_violins(kernels(), "lenet-plain", 3)
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == []


def test_every_variant_has_a_marker_of_its_own_and_every_architecture_a_colour():
    assert len({look.marker for look in run_styles.VARIANTS.values()}) == 8
    assert [run_styles.colour(name) for name in ("lenet", "vgg", "custom", "yours")] == [
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
    ]
