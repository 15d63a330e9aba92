"""What a study keeps of former sittings, perhaps on another machine: it counts as long as it is planned alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.params import Run
from pipeline.formats.tables import read_csv, read_json

RUNS, UNFINISHED, SEARCH = "runs", "unfinished", "search.csv"


@dataclass(frozen=True)
class SavedResults:
    """The results in `folder`, which is `study/NAME`."""

    folder: Path

    def results(self, run: Run) -> Path | None:
        """Where the results of `run` are kept, None if they are not."""
        return self._alike(self.folder / RUNS / run.name, run)

    def unfinished(self, run: Run) -> Path | None:
        """Where the epochs that an interrupted training of `run` had done are kept, None if they are not."""
        return self._alike(self.folder / UNFINISHED / run.name, run)

    def accuracy(self, network: str, run: Run) -> float | None:
        """The validation accuracy of a run that the search tried, None if it is not kept."""
        path = self.folder / SEARCH
        wanted = {key: "" if value is None else str(value) for key, value in described(network, run).items()}
        for row in read_csv(path) if path.is_file() else ():
            if wanted.items() <= row.items():
                return float(row["val_accuracy"])
        return None

    def _alike(self, folder: Path, run: Run) -> Path | None:
        path = folder / "run.json"
        wanted = {**run.model.model_dump(), "settings": run.train.model_dump(exclude_none=True)}
        return folder if path.is_file() and wanted.items() <= read_json(path).items() else None


def described(network: str, run: Run) -> dict[str, Any]:
    """How a run that a search tries is trained, the first columns of its row in search.csv."""
    return {"network": network, "run": run.name, **run.model.model_dump(), **run.train.model_dump()}
