"""Give every result of the runs in `params.yaml` its MLflow run, and MLflow the champion: `make sync`."""

import argparse
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.tracking import champion, registry, run_content, saved_view, store, sync
from pipeline.tracking.boundary import PATIENCE, TrackingError, within

if TYPE_CHECKING:
    from mlflow import MlflowClient

COMPLETE = ("run.json", "environment.json", "history.csv", "metrics.json")


class Synchronizer:
    """Mirrors runs to MLflow; once the tracking server is away, it leaves the rest for another time."""

    def __init__(self, restore: bool = False) -> None:
        self.restore = restore  # what was deleted in MLflow
        self.connection: tuple[MlflowClient, str] | None = None
        self.away = False
        self.seen: list[run_content.RunContent] = []
        self.damaged: list[str] = []

    def sync(self, name: str) -> str:
        """Give a run's results their MLflow run; returns what was found or done, in a few words."""
        folder = run_dir(name)
        if not is_complete(folder):
            return "no results yet"
        content = _read(folder)
        if isinstance(content, str):
            self.damaged.append(name)
            return content
        if self.away:
            return "pending, too"
        try:
            self.connection = self.connection or within(PATIENCE, partial(store.connect, restore=self.restore))
            self.seen.append(content)
            return within(PATIENCE, sync.sync_run, *self.connection, content, self.restore)
        except PipelineError as error:
            self.away = True
            return f"pending ({errors.describe(error)})"

    def save_view(self) -> None:
        """Keep the view of all runs seen in MLflow; not essential, so an error waits for the next time."""
        if self.seen and not self.away:
            with suppress(TrackingError):
                within(PATIENCE, saved_view.save_view, *self.connection, self.seen)

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
    names = list(params.load_params().runs)
    width = max(map(len, names))
    synchronizer = Synchronizer(arguments.restore)
    for name in names:
        print(f"{name:{width}}  {synchronizer.sync(name)}", flush=True)
    synchronizer.save_view()
    for alias, done in synchronizer.sync_champion().items():
        print(f"{alias:{width}}  {done}")
    if synchronizer.damaged:
        run = synchronizer.damaged[0]
        raise PipelineError(f"results/runs/{run}: damaged, as it says above; run `make doctor`, which says more")


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
