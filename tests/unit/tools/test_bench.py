"""The rows of `make bench`, and the page that they are written into."""

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


def test_the_page_says_on_what_when_and_how(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(table, "PAGE", tmp_path / "performance.md")
    table.PAGE.write_text("# Performance\n\nBy hand.\n")
    table.save({"train": [make_row("b", "s", [1.0])]}, "A chip, 2 cores", "python -m tools.bench train")
    text = table.PAGE.read_text()
    assert text.startswith("# Performance\n\nBy hand.\n\n## A chip, 2 cores\n\n### train\n")
    assert "with `python -m tools.bench train`; python 3." in text
    assert "tensorflow 2." in text
    assert "| b " in text


def test_a_measurement_replaces_this_machines_own_of_the_same_families() -> None:
    page = table.update("# Performance\n", "other", {"train": "elsewhere"})
    page = table.update(page, "mine", {"train": "old", "speed": "kept"})
    page = table.update(page, "mine", {"train": "new\n\n| table |"})
    assert page == (
        "# Performance\n\n## other\n\n### train\n\nelsewhere\n\n"
        "## mine\n\n### train\n\nnew\n\n| table |\n\n### speed\n\nkept\n"
    )


def test_the_project_s_page_is_not_changed_by_nothing() -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    assert table.update(text, "AMD EPYC, 2 cores", {}) == text
