"""See to it that every result of `params.yaml`'s runs has its MLflow run, a line for each: `make sync`."""

import argparse
from contextlib import suppress
from pathlib import Path

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.tracking import champion, registry, run_content, run_mirror, saved_view, store, sync

COMPLETE = ("run.json", "environment.json", "history.csv", "metrics.json")


def main(arguments: argparse.Namespace) -> None:
    """Print a line a run; a tracking server that is away leaves the rest pending, which is no error.

    Results that cannot be read are: a PipelineError, once all others have their runs.
    """
    runs = {name: run_dir(name) for name in params.load_params().runs}
    width = max(map(len, runs))
    connected, away, seen, damaged = None, "", [], []
    for name, folder in runs.items():
        if not is_complete(folder):
            said = "no results yet"
        elif isinstance(read := _read(folder), str):
            said = read
            damaged.append(name)
        elif away:
            said = away
        else:
            try:
                connected = connected or store.connect()
                seen.append(read)
                said = sync.sync_run(*connected, read, arguments.restore)
            except run_mirror.tracking_errors() as error:
                said = away = f"pending ({run_mirror.error_reason(error)})"
        print(f"{name:{width}}  {said}", flush=True)
    if seen and not away:
        with suppress(*run_mirror.tracking_errors()):  # it is a comfort; the next time will do
            saved_view.save_view(*connected, seen)
    recorded = champion.load_champion_file()
    if recorded and not away:
        for alias, said in registry.apply_aliases(recorded).items():
            print(f"{alias:{width}}  {said}")
    if damaged:
        raise PipelineError(f"results/runs/{damaged[0]}: damaged, as it says above; run `make doctor`, which says more")


def _read(folder: Path) -> run_content.RunContent | str:
    """What MLflow is to show of a run, or what is wrong with its files."""
    try:
        return run_content.read_content(folder)
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"damaged ({type(error).__name__}: {run_mirror.error_reason(error)})"


def is_complete(folder: Path) -> bool:
    """Whether a run was trained and evaluated."""
    return all((folder / name).is_file() for name in COMPLETE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restore", action="store_true", help="bring back runs that were deleted in MLflow")
    errors.run_command(main, parser)
