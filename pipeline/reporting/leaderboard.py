"""One row a run: what it is, what it cost, what it reached, and what was published for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from pipeline.figures.run_styles import VARIANTS
from pipeline.reporting import statistics
from pipeline.reporting.convergence import TARGET_ACCURACY, epochs_to
from pipeline.reporting.ensemble import Ensemble
from pipeline.reporting.groups import PRINTED
from pipeline.reporting.number_format import flops, interval, per_cent
from pipeline.reporting.results import Published, Result
from pipeline.reporting.statistics import Interval

NOTHING = "–"
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Column:
    """How the values under `key` are headed and written; `note` says what they are."""

    key: str
    title: str
    write: Callable[[Any], str]
    note: str = ""

    def text(self, row: Mapping[str, Any]) -> str:
        """The value in words, – for none; † at what was measured on the test images as validation data."""
        value = row[self.key]
        mark = " †" if self.key.startswith("val_") and row["validation_data"] == "test" else ""
        return NOTHING if value is None else self.write(value) + mark

    def number(self, row: Mapping[str, Any]) -> Any:
        """What to sort by: the value, or the estimate of an interval."""
        value = row[self.key]
        return value.value if isinstance(value, Interval) else value


COLUMNS = (
    Column("run", "run", "{}".format),
    Column("variant", "flags", "{}".format),
    Column("parameters", "parameters", "{:,}".format),
    Column("mmac", "MMAC", "{:,.2f}".format, "million multiply-accumulates of one image's forward pass"),
    Column("images_seen", "images seen", "{:,}".format, "training images, counted once an epoch"),
    Column("training_flops", "TFLOP", flops, "10¹² floating-point operations of the training: 6 × MACs × images seen"),
    Column("val_accuracy", "validation accuracy", interval, "with Wilson's 95 % interval"),
    Column("test_accuracy", "test accuracy", interval, "with Wilson's 95 % interval"),
    Column("test_errors", "errors", "{:,}".format, "of the test images"),
    Column("test_loss", "test loss", "{:.4f}".format, "cross-entropy"),
    Column("calibration", "calibration error", "{:.4f}".format, "expected calibration error, 15 bins"),
    Column("epochs_to_goal", "epochs to 99 %", "{:.0f}".format, "the first epoch with 99 % validation accuracy"),
    Column("seconds", "seconds", "{:,.0f}".format, "training and validation"),
    Column("published_accuracy", "published", per_cent, "after 20 epochs of 60,000 images in 2018"),
)
BY_KEY = {column.key: column for column in COLUMNS}
SHORT = tuple(key for key in BY_KEY if key not in ("variant", "mmac", "test_loss", "calibration"))
FIT_A_TERMINAL = ("run", "val_accuracy", "test_accuracy", "test_errors", "seconds")


def leaderboard(
    found: Sequence[Result], published: Published, calibration: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The rows, in the order of `found`: the keys of `COLUMNS` (None where nothing applies) and a few more.

    `best` marks the fewest test errors, ties included.
    """
    fewest = min((result.metrics["test_errors"] for result in found), default=None)
    return [
        _row(result, published, calibration.get(result.run)) | {"best": result.metrics["test_errors"] == fewest}
        for result in found
    ]


def ensemble_row(ensemble: Ensemble, found: Sequence[Result]) -> dict[str, Any]:
    """A row for all runs together; what it cost is the sum of what they cost."""
    rows = [result for result in found if result.run in ensemble.runs]
    return dict.fromkeys(BY_KEY) | {
        "run": ENSEMBLE,
        "variant": f"mean of {len(rows)}",
        "parameters": sum(result.record["parameters"] for result in rows),
        "mmac": sum(result.record["multiply_accumulates"] for result in rows) / 1e6,
        "training_flops": sum(result.training_flops for result in rows),
        "test_accuracy": ensemble.accuracy,
        "test_errors": ensemble.errors,
        "test_loss": ensemble.loss,
        "calibration": ensemble.calibration,
        "seconds": sum(result.environment["seconds"] for result in rows),
        "architecture": ENSEMBLE,
        "validation_data": None,
        "best": False,
    }


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The chief columns as a Markdown table, the best run in bold."""
    cells = [[_bold(row, key, BY_KEY[key].text(row)) for key in SHORT] for row in rows]
    return _table(cells, [BY_KEY[key].title for key in SHORT], "pipe")


def terminal(rows: Sequence[Mapping[str, Any]]) -> str:
    """Fewer columns, without intervals, as plain text of less than 80 characters a line; marked as in `markdown`."""
    cells = [[_bold(row, key, _brief(row, key)) for key in FIT_A_TERMINAL] for row in rows]
    return _table(cells, [BY_KEY[key].title.replace(" ", "\n") for key in FIT_A_TERMINAL], "simple")


def _row(result: Result, published: Published, calibration: float | None) -> dict[str, Any]:
    metrics, settings = result.metrics, result.settings
    counterpart = published.test.get(result.architecture) if result.flags == PRINTED else None
    images = settings["validation_images"]
    epochs = epochs_to(TARGET_ACCURACY, result.history)
    return {
        "run": result.run,
        "variant": VARIANTS[result.flags].name,
        "parameters": result.record["parameters"],
        "mmac": result.record["multiply_accumulates"] / 1e6,
        "images_seen": result.images_seen,
        "training_flops": result.training_flops,
        "val_accuracy": statistics.wilson(round(metrics["val_accuracy"] * images), images),
        "test_accuracy": statistics.wilson(int(result.right.sum()), len(result.labels)),
        "test_errors": metrics["test_errors"],
        "test_loss": metrics["test_loss"],
        "calibration": calibration,
        "epochs_to_goal": epochs if epochs < float("inf") else None,
        "seconds": result.environment["seconds"],
        "published_accuracy": counterpart["test_accuracy"] if counterpart else None,
        "architecture": result.architecture,
        "validation_data": settings["validation_data"],
    }


def _table(cells: Sequence[Sequence[str]], titles: Sequence[str], form: str) -> str:
    align = ["left", *["right"] * (len(titles) - 1)] if cells else None
    return tabulate(cells, titles, tablefmt=form, disable_numparse=True, colalign=align)


def _brief(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    return per_cent(value.value) if isinstance(value, Interval) else BY_KEY[key].text(row)


def _bold(row: Mapping[str, Any], key: str, text: str) -> str:
    return f"**{text}**" if row["best"] and key in ("run", "test_accuracy", "test_errors") else text
