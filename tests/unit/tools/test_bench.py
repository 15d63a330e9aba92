"""The rows of `make bench`, and the page that they are written into."""

import pytest

from pipeline.core.paths import ROOT
from tools.bench import page, row
from tools.bench.row import make_row

HARDWARE = {"processor": "A chip", "cores": 2, "bfloat16": ["amx_bf16", "avx512_bf16"], "gpus": [{"name": "A card"}]}


def test_sides_take_turns_and_swap_who_is_first() -> None:
    order = []
    found = row.alternate({"a": lambda: order.append("a") or len(order), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "abbaab"
    assert found["a"] == [1, 4, 5]


def test_the_ratio_is_the_median_of_the_pairs_own() -> None:
    found = make_row("x", "s", [1.0, 20.0, 4.0], "y", [2.0, 10.0, 16.0], 0.5)  # ratios 0.5, 2 and 0.25
    assert (found["ours"], found["theirs"], found["ratio"], found["met"]) == ("4", "10", "0.500", "yes")
    assert make_row("x", "images/s", [4.0], "y", [2.0])["ratio"] == "0.500"


@pytest.mark.parametrize(
    ("ours", "theirs", "aim", "met"),
    [
        ([12.0], [], 12.0, "yes"),
        ([12.1], [], 12.0, "no"),
        ([12.1], [], None, "–"),
        ([1.03], [1.0], 1.02, "no"),
        ([99.0], [98.0], 1.02, "yes"),
    ],
)
def test_an_aim_is_for_the_ratio_if_there_is_one(ours: list, theirs: list, aim: float | None, met: str) -> None:
    assert make_row("b", "s", ours, "c", theirs, aim)["met"] == met


def test_the_table() -> None:
    rows = [
        make_row("epoch", "s", [1.234], "bare", [1.2], 1.02),
        make_row("start", "s", [4567.8], aim=12.0),
        make_row("lenet", "images/s", [1076.4], "PyTorch"),
    ]
    lines = row.table(rows).splitlines()[2:]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["epoch", "1.23", "bare", "1.2", "s", "1.028", "≤ 1.02 ×", "no"],
        ["start", "4,568", "–", "–", "s", "–", "≤ 12 s", "no"],
        ["lenet", "1,076", "–", "–", "images/s", "–", "–", "–"],
    ]


def test_the_page_says_on_what_when_and_how(tmp_path, monkeypatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / page.PAGE).write_text("# Performance\n\nBy hand.\n")
    monkeypatch.setattr(page, "ROOT", tmp_path)
    page.save({"idle": [make_row("b", "s", [1.0])]}, HARDWARE, "python -m tools.bench idle")
    text = (tmp_path / page.PAGE).read_text()
    assert text.startswith(
        "# Performance\n\nBy hand.\n\n## A chip, 2 cores, amx_bf16, avx512_bf16, A card\n\n### idle\n"
    )
    assert "with `python -m tools.bench idle`; python 3." in text
    assert "tensorflow 2." in text
    assert "| b " in text


def test_a_measurement_replaces_this_machines_own_of_the_same_families() -> None:
    text = page.update("# Performance\n", "other", {"train": "elsewhere"})
    text = page.update(text, "mine", {"train": "old", "idle": "kept"})
    text = page.update(text, "mine", {"train": "new\n\n| table |"})
    assert text == (
        "# Performance\n\n## other\n\n### train\n\nelsewhere\n\n"
        "## mine\n\n### train\n\nnew\n\n| table |\n\n### idle\n\nkept\n"
    )


def test_the_project_s_page_is_not_changed_by_nothing() -> None:
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert page.update(text, "AMD EPYC, 2 cores", {}) == text
