"""The progress of all runs: collected from the nodes, shown as a live table, or line by line without a terminal."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

COLUMNS = ("run", "state", "epoch", "validation accuracy", "node", "time left")
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


class ProgressView:
    """Shows the state of each run: on a terminal in a table within `live()`, elsewhere a line for each change."""

    def __init__(self, runs: Iterable[str]) -> None:
        self.rows: dict[str, dict[str, Any]] = {run: {"state": "waiting"} for run in runs}
        self.terminal = sys.stdout.isatty()

    def live(self) -> "Live | nullcontext":
        """A context in which the table is drawn once a second."""
        from rich.live import Live

        return Live(get_renderable=self.table, refresh_per_second=1) if self.terminal else nullcontext()

    def update(self, run: str, seen: Mapping[str, Any]) -> None:
        """Update what is known of a run, unless it has ended."""
        row = self.rows[run]
        if row["state"] not in ENDED and row | seen != row:
            self.rows[run] = row | seen
            if not self.terminal:
                print("  ".join(filter(None, cells(run, self.rows[run]))), flush=True)

    def table(self) -> "Table":
        """All runs, those at work first, since a terminal may not have room for all."""
        from rich.table import Table

        states = Counter(row["state"] for row in self.rows.values())
        counts = ", ".join(f"{states[state]} {state}" for state in ("waiting", *ENDED))
        table = Table(*COLUMNS, caption=f"{len(self.rows)} runs: {counts}")
        for run, row in sorted(self.rows.items(), key=lambda item: item[1]["state"] in ("waiting", *ENDED)):
            table.add_row(*cells(run, row))
        return table


def cells(run: str, row: Mapping[str, Any]) -> list[str]:
    """A run's values of `COLUMNS` as text, empty where there is none; the time left is that at the last epoch's end."""
    epoch, accuracy = (f"{row['epoch']}/{row['epochs']}", f"{row['val_accuracy']:.4f}") if "epoch" in row else ("", "")
    left = str(timedelta(seconds=round(row["left"]))) if row["state"] == "training" and "left" in row else ""
    return [run, row["state"], epoch, accuracy, row.get("node", ""), left]
