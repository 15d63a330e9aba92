"""The figures show what they are given, in panels that can be counted, and equal input gives equal bytes."""

import struct
import subprocess
import sys
import zlib

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex

from pipeline.figures import confusion, curves, digits, effects, looks, movement, overview, style, tradeoff, weights
from pipeline.files import ROOT

HISTORY = [
    {"epoch": 1.0, "train_loss": 0.5, "train_accuracy": 0.85, "val_loss": 0.2, "val_accuracy": 0.94},
    {"epoch": 2.0, "train_loss": 0.3, "train_accuracy": 1.0, "val_loss": 0.1, "val_accuracy": 0.97},
]
PUBLISHED = {"lenet": [{"epoch": 1.0, "loss": 0.4831, "accuracy": 0.8484}], "vgg": [], "custom": []}
RUNS = [
    overview.Curves("lenet-plain", "lenet", (True, False, False), HISTORY),
    overview.Curves("lenet-dropout", "lenet", (True, True, False), HISTORY[:1]),
    overview.Curves("vgg-nopool", "vgg", (False, False, False), HISTORY),
]

LINES = [
    effects.Line("dropout: a − b", "lenet", (-0.001, -0.003, 0.001), True),
    effects.Line("pooling: c − d", "vgg", (0.02, 0.01, 0.03), False),
]
POINTS = [
    tradeoff.Point("lenet", (True, False, False), (0.99, 0.987, 0.992), 716_234, 8e12),
    tradeoff.Point("custom", (True, True, False), (1.0, 0.999, 1.0), 56_753_866, 6e14),
]


def kernels():
    rng = np.random.default_rng(1)
    shapes = {"conv1": (3, 3, 1, 4), "conv2": (3, 3, 4, 8), "dense1": (200, 100), "output": (100, 10)}
    return {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}


SAVED = {
    "digits": lambda path: digits.save_digits(
        path, np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28, 1), ["a", ""], "t"
    ),
    "loss": lambda path: curves.save_loss(path, HISTORY, "lenet-plain"),
    "all": lambda path: overview.save_all(path, RUNS, PUBLISHED),
    "effects": lambda path: effects.save_effects(path, LINES),
    "tradeoff": lambda path: tradeoff.save_tradeoff(path, POINTS),
    "violins": lambda path: weights.save_violins(path, kernels(), "lenet-plain", 3),
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
    curves.draw_loss(HISTORY, "lenet-plain")
    weights.draw_violins(kernels(), "lenet-plain", 3)
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == []


def test_seaborn_and_pyplot_are_not_imported_before_they_are_needed():
    names = "confusion, curves, digits, effects, looks, movement, overview, style, tradeoff, weights"
    slow = "{'seaborn', 'matplotlib.pyplot'}"
    code = f"import sys; from pipeline.figures import {names}; print({slow} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def test_the_loss_figure_is_the_notebook_s():
    (axes,) = curves.draw_loss(HISTORY, "lenet-plain").axes
    validation, train = axes.lines
    assert (validation.get_label(), list(validation.get_ydata())) == ("Validation Loss", [0.2, 0.1])
    assert (train.get_label(), list(train.get_ydata())) == ("Train Loss", [0.5, 0.3])
    assert (to_hex(validation.get_color()), to_hex(train.get_color())) == ("#0072b2", "#d55e00")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "Categorical Crossentropy Loss")
    assert validation.get_linestyle() != train.get_linestyle()
    assert validation.get_marker() != train.get_marker()
    assert axes.get_legend() is not None


@pytest.mark.parametrize(
    ("epochs", "ticks"), [(1, [1]), (2, [1, 2]), (20, [1, 5, 10, 15, 20]), (120, [1, 20, 40, 60, 80, 100, 120])]
)
def test_epochs_are_ticked_at_whole_numbers(epochs, ticks):
    history = [HISTORY[0] | {"epoch": float(epoch + 1)} for epoch in range(epochs)]
    (axes,) = curves.draw_loss(history, "lenet-plain").axes
    low, high = axes.get_xlim()
    assert list(axes.get_xticks()) == ticks
    assert low < 1 <= epochs < high


def test_all_runs_two_panels_an_architecture_two_curves_a_run():
    panels = overview.draw_all(RUNS, PUBLISHED).axes
    assert [axes.get_title() for axes in panels] == ["lenet", "lenet", "vgg", "vgg"]
    assert [len(axes.lines) for axes in panels] == [5, 5, 3, 3]  # published, then training and validation of each run
    assert [text.get_text() for text in panels[1].get_legend().get_texts()] == [
        "lenet-plain",
        "lenet-dropout",
        "published training",
    ]
    published, train, validation = panels[0].lines[:3]
    assert (published.get_color(), list(published.get_ydata())) == (style.GREY, [0.4831])
    assert (train.get_linestyle(), list(train.get_ydata())) == ("--", [0.5, 0.3])
    assert (validation.get_linestyle(), list(validation.get_ydata())) == ("-", [0.2, 0.1])


def test_a_perfect_accuracy_stays_inside_the_picture():
    accuracy = overview.draw_all(RUNS[:1], PUBLISHED).axes[1]
    assert list(accuracy.lines[1].get_ydata()) == [0.85, 0.9999]
    assert accuracy.get_ylim() == (0.05, 0.9999)


def test_without_runs_the_published_curves_stand_alone():
    panels = overview.draw_all([], {"lenet": PUBLISHED["lenet"]}).axes
    assert [len(axes.lines) for axes in panels] == [1, 1]


def test_the_epochs_shown_are_those_of_the_longest_curve():
    assert overview.draw_all(RUNS[1:2], {}).axes[0].get_xlim() == (0.8, 1.25)
    assert overview.draw_all(RUNS[:1], {}).axes[0].get_xlim() == (0.8, 2.5)


def test_runs_that_look_alike_share_one_entry_of_the_legend():
    seeds = [overview.Curves(f"lenet-dropout-{seed}", "lenet", (True, True, False), HISTORY) for seed in range(40)]
    legend = overview.draw_all(seeds, {}).axes[1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["dropout (40 runs)"]


def test_single_points_stand_beside_each_other_close_to_their_epoch():
    seeds = [overview.Curves(f"vgg-{seed}", "vgg", (True, True, False), HISTORY[:1]) for seed in range(8)]
    places = [line.get_xdata()[0] for line in overview.draw_all(seeds, {}).axes[0].lines[2::2]]
    assert len(set(places)) == 8
    assert 0.85 < min(places) < 1 < max(places) < 1.15


def test_of_very_many_runs_each_variant_s_mean_and_range_is_drawn():
    flags = [(True, True, False), (True, False, False)]
    rows = [{**HISTORY[0], "val_loss": 0.1 * (1 + run)} for run in range(20)]
    many = [overview.Curves(f"vgg-{run}", "vgg", flags[run % 2], [rows[run]]) for run in range(20)]
    loss = overview.draw_all(many, {}).axes[0]
    assert len(loss.lines) == 5  # published, and training and validation of two variants
    assert list(loss.lines[2].get_ydata()) == [pytest.approx(1.0)]  # 0.1, 0.3, … 1.9
    assert loss.collections[0].get_datalim(loss.transData).y1 == pytest.approx(1.9)


def test_effects_are_in_points_hollow_where_more_differs():
    panels = effects.draw_effects(LINES).axes
    labels = [[text.get_text() for text in axes.get_yticklabels()] for axes in panels]
    assert labels == [["dropout: a − b"], ["pooling: c − d"]]  # a panel for each architecture
    fair, unfair = (bars[0] for axes in panels for bars in axes.containers)
    assert list(fair.get_xdata()) == [pytest.approx(-0.1)]
    assert to_hex(fair.get_markerfacecolor()) == "#0072b2"
    assert (list(unfair.get_xdata()), unfair.get_markerfacecolor()) == ([2.0], "white")


def test_the_largest_of_very_many_effects_are_drawn():
    many = [effects.Line(f"{index}", "lenet", (index / 1000, 0, 1), True) for index in range(100)]
    drawing = effects.draw_effects(many)
    (axes,) = drawing.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [str(index) for index in range(70, 100)]
    assert "the 30 largest of 100" in drawing.get_suptitle()


def test_without_any_effect_there_is_still_a_figure():
    assert len(effects.draw_effects([]).axes) == 1


def test_accuracy_against_cost_has_a_point_a_run_and_room_for_no_error():
    left, right = tradeoff.draw_tradeoff(POINTS).axes
    assert [bars[0].get_xdata()[0] for bars in left.containers] == [0.716234, 56.753866]
    assert [bars[0].get_xdata()[0] for bars in right.containers] == [8, 600]
    assert [bars[0].get_ydata()[0] for bars in left.containers] == [pytest.approx(0.01), 1e-5]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # fewer errors above
    assert left.get_ylim()[0] > 0.013  # the worst interval's end is inside, though points stand aside
    assert left.get_ylim()[1] < 1e-5
    assert left.get_xlim()[0] < 0.716234 < 56.753866 < left.get_xlim()[1]


def test_movement_has_a_line_an_epoch_over_each_layer_of_four_epochs_at_most():
    histograms = {name: {"low": -1, "high": 1, "counts": [[1] * 8] * 20} for name in ("conv1", "output")}
    (axes,) = movement.draw_movement(histograms, "vgg-plain", "vgg").axes
    assert len(axes.lines) == 8
    assert [text.get_text() for text in axes.get_yticklabels()] == ["conv1", "output"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["epoch 1", "epoch 7", "epoch 14", "epoch 20"]


def test_violins_one_panel_a_kernel_under_its_layer_s_name():
    panels = weights.draw_violins(kernels(), "lenet-plain", 3).axes
    assert [axes.get_title() for axes in panels] == ["conv1", "conv2", "dense1", "output"]
    assert [axes.get_xlabel() for axes in panels] == ["3×3×1×4", "3×3×4×8", "200×100", "100×10"]
    assert all(axes.collections for axes in panels)


def test_thirteen_kernels_wrap_into_rows_of_five():
    kernel = np.zeros((2, 2), np.float32)
    panels = weights.draw_violins({f"conv{index}": kernel for index in range(13)}, "custom-plain", 3).axes
    rows = [axes.get_subplotspec().rowspan.start for axes in panels]
    assert rows == [0] * 5 + [1] * 5 + [2] * 3


def test_a_large_kernel_is_sampled_by_seed_and_a_small_one_taken_whole():
    large = np.arange(50_000, dtype=np.float32).reshape(100, 500)
    drawn = weights.sample(large, 3)
    assert len(np.unique(drawn)) == 10_000
    assert np.array_equal(drawn, weights.sample(large, 3))
    assert not np.array_equal(drawn, weights.sample(large, 4))
    assert weights.sample(large[:1], 3).tolist() == list(range(500))


def test_confusion_numbers_actual_in_rows_and_errors_only_coloured():
    matrix = np.diag([5] * 10)
    matrix[4, 9] = 7
    axes = confusion.draw_confusion(matrix, "errors").axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(texts) == 100
    assert (texts[9, 4], texts[4, 9], texts[0, 0]) == ("7", "0", "5")  # a position is (predicted, actual)
    coloured = axes.images[1].get_array()
    assert coloured.count() == 1
    assert coloured[4, 9] == 7
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted digit", "actual digit")


def test_digits_are_drawn_in_rows_each_over_its_caption():
    images = np.zeros((5, 28, 28, 1), np.uint8)
    captions = ["0", "1", "", "3", "4"]
    (axes,) = digits.draw_digits(images, captions, "five", columns=3).axes
    assert axes.get_title() == "five"
    assert [text.get_text() for text in axes.texts] == ["0", "1", "3", "4"]
    tops = [image.get_extent()[3] for image in axes.images]
    assert len(tops) == 5
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]


def test_a_caption_too_few_is_an_error():
    with pytest.raises(ValueError, match="shorter"):
        digits.draw_digits(np.zeros((2, 28, 28, 1), np.uint8), ["one"], "two", columns=3)


def test_every_variant_has_a_marker_of_its_own_and_every_architecture_a_colour():
    assert len({look.marker for look in looks.VARIANTS.values()}) == 8
    assert [looks.colour(name) for name in ("lenet", "vgg", "custom", "yours")] == [
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
    ]
