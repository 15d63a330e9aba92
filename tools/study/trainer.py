"""Run the project's DVC stages in a study's clone within a time limit."""

import dataclasses
import json
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from pipeline.config.params import Run, load_params
from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import CHECKPOINTS, PARAMS_FILE, run_dir
from tools.repro.plan import DATA, STAGES
from tools.study.plan import Plan
from tools.study.saved_results import SavedResults, copy_results
from tools.workspace import Workspace


@dataclass(frozen=True)
class Trainer:
    """Brings stages of a study up to date in `clone` until `deadline`, a time.monotonic(); None for no limit."""

    plan: Plan
    clone: Workspace
    deadline: float | None

    @property
    def saved(self) -> SavedResults:
        """The results of earlier sessions."""
        return SavedResults(self.plan.folder)

    def read_only(self) -> "Trainer":
        """The same trainer with no time left: `repro` trains nothing and only says what is up to date."""
        return dataclasses.replace(self, deadline=0.0)

    def set_runs(self, runs: Mapping[str, Any]) -> dict[str, Run]:
        """Write `runs` into the clone's params.yaml and return them resolved; PipelineError for an error in them."""
        self.clone.write_params(self.plan.params | {"runs": dict(runs)})
        try:
            return load_params(self.clone.root / PARAMS_FILE).runs
        except PipelineError as error:
            raise PipelineError(f"study/{self.plan.name}/{error}") from None

    def repro(self, target: str) -> bool:
        """Bring a DVC stage of a run and all before it up to date.

        Returns:
            Whether it is up to date; False if the time is up, and then an interrupted training has a checkpoint.
        """
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return self._up_to_date(target)
        process = self.clone.start("dvc", "repro", target)
        try:
            status = process.wait(None if self.deadline is None else max(0.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return _stop_training(process) == 0
        except KeyboardInterrupt:
            process.wait()
            raise Interrupted(f"`make study NAME={self.plan.name}` continues from here") from None
        if status:
            raise PipelineError(f"study/{self.plan.name}: `dvc repro {target}` failed, see above; fix it and run again")
        return True

    @cached_property
    def _stale(self) -> frozenset[str]:
        """The stages that DVC would run, when first asked: one answer for all runs, since it takes seconds."""
        return frozenset(json.loads(self.clone.check_output("dvc", "status", "--json", limit=None)))

    def _up_to_date(self, target: str) -> bool:
        run = target.partition("@")[2]
        return self._stale.isdisjoint([*DATA, *(f"{stage}@{run}" for stage in STAGES)])

    def restore(self, run: Run) -> bool:
        """Copy a run's saved results into the clone; False if there are none."""
        source = self.saved.results(run)
        if source is not None:
            copy_results(source, run_dir(run.name, self.clone.root))
        return source is not None

    def unfinished(self, run: Run) -> Path | None:
        """The folder with the epochs of an interrupted training, here or saved earlier; None if there is none."""
        folders = (self.clone.root / CHECKPOINTS).glob(f"{run.name}-{'[0-9a-f]' * 16}/run")
        started = [folder for folder in folders if (folder / "history.csv").is_file()]
        here = max(started, key=lambda folder: (folder / "history.csv").stat().st_mtime, default=None)
        return here or self.saved.unfinished(run)


def _stop_training(process: subprocess.Popen) -> int:
    """Ask the training below `dvc repro` once to save a checkpoint and stop; wait, and return dvc's exit status."""
    asked: set[int] = set()
    while True:
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.pid not in asked and "pipeline.train" in child.cmdline():
                    asked.add(child.pid)
                    child.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(1)
