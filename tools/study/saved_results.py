"""The results of a study in `study/NAME/`: text and the report, perhaps trained on another machine."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.params import Run
from pipeline.core.files import write_bytes
from pipeline.formats.result_files import read_result

RUNS, UNFINISHED = "runs", "unfinished"
NOT_SAVED = ("*.keras", "*.npy", "*.png", ".gitignore")  # what is large, or drawn from the rest
REPORT = ("report.md", "report.html", "curves.csv", "curves.png", "accuracy.png", "convergence.png", "stress.png")


@dataclass(frozen=True)
class SavedResults:
    """The saved results in `folder`; those of a run count only while it is planned with the same settings."""

    folder: Path

    def results(self, run: Run) -> Path | None:
        """The folder of a finished run, None if it is not saved."""
        return self._same_settings(self.folder / RUNS / run.name, run)

    def unfinished(self, run: Run) -> Path | None:
        """The folder with the epochs of an interrupted training, None if it is not saved."""
        return self._same_settings(self.folder / UNFINISHED / run.name, run)

    def save(self, results: Path, finished: Sequence[str], unfinished: Mapping[str, Path]) -> None:
        """Replace everything that is saved.

        Args:
            results: The clone's folder `results`, with the report and the finished runs.
            finished: Their names.
            unfinished: Folders with the epochs of unfinished runs, by name.
        """
        _replace({run: results / "runs" / run for run in finished}, self.folder / RUNS)
        _replace(unfinished, self.folder / UNFINISHED)
        for name in REPORT:
            if finished:
                write_bytes(self.folder / name, (results / name).read_bytes())
            else:
                (self.folder / name).unlink(missing_ok=True)

    def _same_settings(self, folder: Path, run: Run) -> Path | None:
        path = folder / "run.json"
        wanted = {**run.model.model_dump(), "settings": run.train.model_dump(exclude_none=True)}
        return folder if path.is_file() and wanted.items() <= read_result(path).items() else None


def copy_results(source: Path, target: Path) -> None:
    """Copy a run's text files to another folder, without its weights and figures."""
    for path in sorted(source.iterdir()):
        if not any(map(path.match, NOT_SAVED)):
            write_bytes(target / path.name, path.read_bytes())


def _replace(sources: Mapping[str, Path], target: Path) -> None:
    """Make `target` hold a copy of each source by name, and no other folder; a source may be there already."""
    for former in target.glob("*/"):
        if sources.get(former.name) != former:
            shutil.rmtree(former)
    for run, source in sources.items():
        if source != target / run:
            copy_results(source, target / run)
