"""One row a run: what it is, what it cost, what it reached, and what was published for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from pipeline.results import Published, Result

NOTHING = "–"
COLUMNS = {  # key of a row: title, format
    "run": ("run", "{}"),
    "parameters": ("parameters", "{:,}"),
    "mmac": ("MMAC", "{:,.2f}"),
    "dropout_scale": ("dropout scale", "{:g}"),
    "epochs": ("epochs", "{}"),
    "images_seen": ("images seen", "{:,}"),
    "val_loss": ("validation loss", "{:.4f}"),
    "val_accuracy": ("validation accuracy", "{:.4f}"),
    "test_loss": ("test loss", "{:.4f}"),
    "test_accuracy": ("test accuracy", "{:.4f}"),
    "test_errors": ("errors", "{:,}"),
    "published_accuracy": ("published accuracy", "{:.4f}"),
    "seconds": ("seconds", "{:,.0f}"),
}
FIT_A_TERMINAL = ("run", "val_accuracy", "test_accuracy", "test_errors", "published_accuracy", "seconds")


def leaderboard(found: Sequence[Result], published: Published) -> list[dict[str, Any]]:
    """The rows, in the order of `found`: the keys of `COLUMNS` (None where nothing applies), `validation_data`, `best`.

    `mmac` is in millions of multiply-accumulates for one image; `best` marks the highest test accuracy, ties included.
    """
    best = max((result.metrics["test_accuracy"] for result in found), default=None)
    return [_row(result, published) | {"best": result.metrics["test_accuracy"] == best} for result in found]


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table: best test accuracy in bold, † at validation figures that come from the test set."""
    return _table(rows, tuple(COLUMNS), "pipe", {key: title for key, (title, _) in COLUMNS.items()})


def terminal(rows: Sequence[Mapping[str, Any]]) -> str:
    """The chief columns as plain text of less than 80 characters a line, marked as in `markdown`."""
    return _table(rows, FIT_A_TERMINAL, "simple", {key: COLUMNS[key][0].replace(" ", "\n") for key in FIT_A_TERMINAL})


def _row(result: Result, published: Published) -> dict[str, Any]:
    record, settings, metrics = result.record, result.record["settings"], result.metrics
    as_printed = record["pooling"] and record["dropout"] and not record["batch_norm"]
    counterpart = published.test.get(record["architecture"]) if as_printed else None
    return {
        "run": result.run,
        "parameters": record["parameters"],
        "mmac": record["multiply_accumulates"] / 1e6,
        "dropout_scale": settings["dropout_scale"] if record["dropout"] else None,
        "epochs": settings["epochs"],
        "images_seen": settings["epochs"] * settings["training_images"],
        **{key: metrics[key] for key in ("val_loss", "val_accuracy", "test_loss", "test_accuracy", "test_errors")},
        "published_accuracy": counterpart["test_accuracy"] if counterpart else None,
        "seconds": result.environment["seconds"],
        "validation_data": settings["validation_data"],
    }


def _table(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], form: str, titles: Mapping[str, str]) -> str:
    cells = [[_cell(row, key) for key in keys] for row in rows]
    align = ["left", *["right"] * (len(keys) - 1)] if cells else None
    return tabulate(cells, [titles[key] for key in keys], tablefmt=form, disable_numparse=True, colalign=align)


def _cell(row: Mapping[str, Any], key: str) -> str:
    text = NOTHING if row[key] is None else COLUMNS[key][1].format(row[key])
    if key == "test_accuracy" and row["best"]:
        return f"**{text}**"
    if key in ("val_loss", "val_accuracy") and row["validation_data"] == "test":
        return f"{text} †"
    return text
