"""The rows of `make bench`."""

from tools.bench import table
from tools.bench.table import make_row


def test_sides_take_turns_and_swap_who_is_first() -> None:
    order = []
    found = table.alternate({"a": lambda: order.append("a") or len(order), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "abbaab"
    assert found["a"] == [1, 4, 5]


def test_the_ratio_is_the_median_of_the_pairs_own() -> None:
    found = make_row("x", "s", [1.0, 20.0, 4.0], "y", [2.0, 10.0, 16.0])  # ratios 0.5, 2 and 0.25
    assert (found["ours"], found["theirs"], found["ratio"]) == ("4", "10", "0.500")
    assert make_row("x", "images/s", [4.0], "y", [2.0])["ratio"] == "0.500"


def test_the_table() -> None:
    rows = [
        make_row("epoch", "s", [1.234], "bare", [1.2]),
        make_row("start", "s", [4567.8]),
        make_row("lenet", "images/s", [1076.4], "PyTorch"),
    ]
    lines = table.table(rows).splitlines()[2:]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["epoch", "1.23", "bare", "1.2", "s", "1.028"],
        ["start", "4,568", "–", "–", "s", "–"],
        ["lenet", "1,076", "–", "–", "images/s", "–"],
    ]


def test_the_heading_says_when_how_and_with_what() -> None:
    assert "with `python -m tools.bench train`; python 3." in table.heading("python -m tools.bench train")
    assert "tensorflow 2." in table.heading("x")
