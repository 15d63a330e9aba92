"""Give each result of the runs in `params.yaml` and of the studies its MLflow run; mirror the champion: `make sync`."""

import argparse
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT, RUNS
from pipeline.tracking import champion, mlflow_run, registry, run_content, saved_view, store, sync
from pipeline.tracking.address import TRACKING
from pipeline.tracking.boundary import PATIENCE, TrackingError, within

if TYPE_CHECKING:
    from mlflow import MlflowClient

COMPLETE = ("run.json", "environment.json", "history.csv", "metrics.json")


class Synchronizer:
    """Mirrors runs to MLflow; once the tracking server is away, it leaves the rest for another time.

    Args:
        restore: Whether to bring back runs that were deleted in MLflow.
        study: A folder of `study/` whose committed runs are mirrored, to an experiment of their own; without it, the
            runs of params.yaml are.
    """

    def __init__(self, restore: bool = False, study: Path | None = None) -> None:
        self.runs = study / "runs" if study else RUNS
        self.experiment = f"study/{study.name}" if study else store.EXPERIMENT
        self.names = (
            sorted(path.name for path in self.runs.iterdir() if path.is_dir())
            if study
            else list(params.load_params().runs)
        )
        self.restore = restore
        self.connection: tuple[MlflowClient, str] | None = None
        self.away = False
        self.damaged: list[str] = []

    def sync(self, name: str) -> str:
        """Give a run's results their MLflow run; returns what was found or done, in a few words."""
        folder = self.runs / name
        if not is_complete(folder):
            return "no results yet"
        content = _read(folder)
        if isinstance(content, str):
            self.damaged.append(name)
            return content
        if self.away:
            return "pending, too"
        try:
            self.connection = self.connection or within(
                PATIENCE, partial(store.connect, self.experiment, restore=self.restore)
            )
            return within(PATIENCE, sync.sync_run, *self.connection, content, self.restore)
        except PipelineError as error:
            self.away = True
            return f"pending ({errors.describe(error)})"

    def save_view(self) -> None:
        """Keep the view of all runs, and of no others; not essential, so an error waits for the next time."""
        if self.connection and not self.away:
            complete = [_read(folder) for name in self.names if is_complete(folder := self.runs / name)]
            runs = [content for content in complete if not isinstance(content, str)]
            with suppress(TrackingError):
                within(PATIENCE, saved_view.save_view, *self.connection, runs)
                if not os.environ.get(TRACKING):  # on a server, they may be runs of somebody else's branch
                    within(PATIENCE, mlflow_run.mark_removed, *self.connection, self.names)

    def sync_champion(self) -> dict[str, str]:
        """Make MLflow's aliases follow the champion; what became of each, in a few words."""
        promoted = champion.load_champion()
        if not promoted or self.away:
            return {}
        try:
            return within(PATIENCE, registry.apply_aliases, promoted)
        except TrackingError as error:
            return {"champion": f"pending ({error})"}


def main(arguments: argparse.Namespace) -> None:
    """Print a line a run; a tracking server that is away leaves the rest pending, which is not an error.

    Results that cannot be read are: PipelineError, after all others have their runs.
    """
    damaged, width = [], max(map(len, params.load_params().runs))
    for study in (None, *sorted(path.parent for path in ROOT.glob("study/*/runs"))):
        synchronizer = Synchronizer(arguments.restore, study)
        for name in synchronizer.names:
            label = f"{synchronizer.experiment}/{name}" if study else f"{name:{width}}"
            print(f"{label}  {synchronizer.sync(name)}", flush=True)
        synchronizer.save_view()
        damaged += [synchronizer.runs / name for name in synchronizer.damaged]
        if study is None:
            for alias, done in synchronizer.sync_champion().items():
                print(f"{alias:{width}}  {done}")
        if synchronizer.away:
            break
    if damaged:
        place = damaged[0].relative_to(ROOT)
        raise PipelineError(f"{place}: damaged, as it says above; run `make doctor`, which says more")


def _read(folder: Path) -> run_content.RunContent | str:
    """The content of a run's folder, or what is wrong with its files."""
    try:
        return run_content.read_content(folder)
    except (PipelineError, OSError) as error:
        return f"damaged ({errors.describe(error)})"


def is_complete(folder: Path) -> bool:
    """Whether a run was trained and evaluated."""
    return all((folder / name).is_file() for name in COMPLETE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restore", action="store_true", help="bring back what was deleted in MLflow")
    errors.run_command(main, parser)
