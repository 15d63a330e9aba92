"""The leaderboard's columns, and its rows as a Markdown table."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from pipeline.reporting.number_format import flops, interval, markdown_text, per_cent
from pipeline.reporting.statistics import Interval

Row = Mapping[str, Any]  # of `leaderboard.leaderboard`
BOLD = ("run", "test_accuracy", "test_errors")  # of the chosen run


@dataclass(frozen=True)
class Column:
    """A column: the rows' key, the title, how a value is written, an explanation, and the key of its small print."""

    key: str
    title: str
    write: Callable[[Any], str]
    note: str = ""
    small: str = ""

    def text(self, row: Row) -> str:
        """The cell's text: – for None, † after a score on test images that were the validation data."""
        value = row[self.key]
        if value is None:
            return "–"
        if self.key == "test_errors" and row["show_test_images"]:
            return f"{value:,} of {row['test_images']:,}"
        if self.small and row[self.small] is not None:
            return f"{self.write(value)} ({self.write(row[self.small])})"
        return self.write(value) + (" †" if self.key == "val_accuracy" and row["validation_data"] == "test" else "")

    def number(self, row: Row) -> Any:
        """The value to sort by: that of an interval is its estimate."""
        value = row[self.key]
        return value.value if isinstance(value, Interval) else value


COLUMNS = (
    Column("run", "run", "{}".format),
    Column("variant", "variant", "{}".format, "with the dropout rates used", "dropout"),
    Column("parameters", "parameters", "{:,}".format),
    Column("mmac", "MMAC", "{:,.2f}".format, "million multiply-accumulates of one image's forward pass"),
    Column("images_seen", "images seen", "{:,}".format, "training images, counted once an epoch"),
    Column("training_flops", "TFLOP", flops, "10¹² floating-point operations of the training: 6 × MACs × images seen"),
    Column("val_accuracy", "validation accuracy", interval, "with Wilson's 95 % interval"),
    Column("test_accuracy", "test accuracy", interval, "with Wilson's 95 % interval"),
    Column("test_errors", "errors", "{:,}".format, "of the 10,000 test images where no other number is given"),
    Column(
        "stress_accuracy", "corrupted digits", interval, "accuracy on corrupted test digits, with Wilson's interval"
    ),
    Column("test_loss", "test loss", "{:.4f}".format, "cross-entropy"),
    Column(
        "calibration",
        "calibration error",
        "{:.4f}".format,
        "expected calibration error, 15 bins; small: by chance, if perfectly calibrated",
        "calibration_by_chance",
    ),
    Column("epochs_to_goal", "epochs to 99 %", "{:.0f}".format, "the first epoch with 99 % validation accuracy"),
    Column("seconds", "seconds", "{:,.0f}".format, "training and validation"),
    Column(
        "published_accuracy",
        "published",
        per_cent,
        "in 2018, after 20 epochs of 60,000 images, with the printed dropout",
    ),
)

MARKDOWN_COLUMNS = [column for column in COLUMNS if column.key not in ("variant", "mmac", "test_loss", "calibration")]
MARKDOWN_COLUMNS.insert(1, Column("dropout", "dropout rates", "{}".format))
README_COLUMNS = [
    *(column for column in COLUMNS if column.key in ("run", "parameters")),
    *(
        Column(key, title, lambda accuracy: per_cent(accuracy.value))
        for key, title in (("val_accuracy", "validation"), ("test_accuracy", "test"))
    ),
    *(column for column in COLUMNS if column.key == "test_errors"),
    Column("stress_accuracy", "corrupted digits", lambda accuracy: per_cent(accuracy.value)),
    Column("seconds", "minutes", lambda seconds: f"{seconds / 60:.1f}"),
]


def legend(columns: Sequence[Column]) -> str:
    """The explanations of columns, a sentence each, and what they have in common."""
    notes = [f"{column.title[:1].upper()}{column.title[1:]}: {column.note}." for column in columns if column.note]
    return (
        f"{' '.join(notes)} Bold: chosen on validation data. Ensemble: the mean of the probabilities of the runs whose"
        " validation error is at most twice that run's; its cost is the sum of theirs. Runs are compared on the test"
        " images that they have in common."
    )


def markdown_table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """The columns as a Markdown table without padding, the chosen run in bold."""
    cells = [[markdown_text(column.text(row)) for column in columns] for row in rows]
    for row, line in zip(rows, cells, strict=True):
        for index, column in enumerate(columns):
            if row["best"] and column.key in BOLD:
                line[index] = f"**{line[index]}**"
    return simple_table([column.title for column in columns], cells, align="right")


def simple_table(titles: Sequence[str], cells: Sequence[Sequence[str]], align: str = "left") -> str:
    """A Markdown table without padding; `align` is that of the columns after the first."""
    aligned = ["left", *[align] * (len(titles) - 1)] if cells else None
    padded = tabulate(cells, titles, tablefmt="pipe", disable_numparse=True, colalign=aligned)
    return re.sub(r"  +|--+", lambda run: run[0][0], padded)
