"""The progress of all runs: collected from the nodes, printed as a line for each change."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

ENDED = ("done", "failed")


class ProgressActor:
    """The Ray actor to which the nodes report."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def put(self, run: str, seen: Mapping[str, Any]) -> None:
        """Update what is known of a run."""
        self.rows[run] = self.rows.get(run, {}) | dict(seen)

    def get(self) -> dict[str, dict[str, Any]]:
        """What is known, by run."""
        return self.rows


class ProgressPrinter:
    """Prints the state of a run when it changes."""

    def __init__(self, runs: Iterable[str]) -> None:
        self.rows: dict[str, dict[str, Any]] = {run: {"state": "waiting"} for run in runs}

    def update(self, run: str, seen: Mapping[str, Any]) -> None:
        """Update what is known of a run, unless it has ended."""
        row = self.rows[run]
        if row["state"] not in ENDED and row | seen != row:
            self.rows[run] = row | seen
            print(line(run, self.rows[run]), flush=True)


def line(run: str, row: Mapping[str, Any]) -> str:
    """A run's state, epoch, validation accuracy, node, and the time left at the end of the last epoch, if known."""
    parts = [run, row["state"]]
    if "epoch" in row:
        parts += [f"{row['epoch']}/{row['epochs']}", f"{row['val_accuracy']:.4f}"]
    parts.append(row.get("node", ""))
    if row["state"] == "training" and "left" in row:
        parts.append(f"{timedelta(seconds=round(row['left']))} left")
    return "  ".join(filter(None, parts))
