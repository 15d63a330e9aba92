"""All runs at once: a live table on a terminal, a line for each change elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

COLUMNS = ("run", "state", "epoch", "validation accuracy", "node", "time left")
NOTHING = "–"
ENDED = ("done", "failed")


class View:
    """What is known of each run; `show` draws it, or prints what changed."""

    def __init__(self, runs: Iterable[str], live: Any = None) -> None:
        self.rows: dict[str, dict[str, Any]] = {run: {"state": "waiting"} for run in runs}
        self.live = live
        self.printed: dict[str, list[str]] = {}

    def update(self, run: str, seen: Mapping[str, Any]) -> None:
        """Note the news of a run that has not ended."""
        if self.rows[run]["state"] not in ENDED:
            self.rows[run] |= seen

    def show(self) -> None:
        """Draw the table, or print the runs whose line has changed."""
        lines = {run: cells(run, row, time.time()) for run, row in self.rows.items()}
        if self.live:
            self.live.update(table(lines.values()), refresh=True)
            return
        for run, line in lines.items():
            if line[:-1] != self.printed.get(run, [run, "waiting", NOTHING, NOTHING, NOTHING]):
                print("  ".join(cell for cell in line if cell != NOTHING), flush=True)
                self.printed[run] = line[:-1]


@contextmanager
def opened(runs: Iterable[str]) -> Iterator[View]:
    """A view for the time of the block."""
    if not sys.stdout.isatty():
        yield View(runs)
        return
    from rich.live import Live

    with Live(auto_refresh=False, vertical_overflow="ellipsis") as live:
        yield View(runs, live)


def cells(run: str, row: Mapping[str, Any], now: float) -> list[str]:
    """The row of a run in words, one for each of `COLUMNS`; `now` in seconds since 1970."""
    accuracy = f"{row['val_accuracy']:.4f}" if "val_accuracy" in row else NOTHING
    epoch = f"{row.get('epoch', 0)}/{row['epochs']}" if "epochs" in row else NOTHING
    left = NOTHING
    if row["state"] == "training" and row.get("left") is not None:
        left = duration(max(0, row["left"] - (now - row["at"])))
    return [run, row["state"], epoch, accuracy, row.get("node", NOTHING), left]


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def table(lines: Collection[list[str]]) -> Any:
    """The lines under their titles, those at work first, since a terminal may not hold them all."""
    from rich.table import Table

    states = Counter(line[1] for line in lines)
    ended = ", ".join(f"{states[state]} {state}" for state in ENDED)
    drawn = Table(*COLUMNS, caption=f"{len(lines)} runs: {states['waiting']} waiting, {ended}")
    for line in sorted(lines, key=lambda line: line[1] in ("waiting", *ENDED)):
        drawn.add_row(*line)
    return drawn
