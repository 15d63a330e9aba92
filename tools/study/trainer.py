"""Runs the project's own stages in a study's clone, as far as the time allows, and reads how far they came."""

import dataclasses
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.config import params
from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import CHECKPOINTS, PARAMS_FILE
from pipeline.formats.tables import read_csv
from tools import workspace
from tools.study import save
from tools.study.plan import Plan
from tools.study.saved_results import SavedResults


@dataclass(frozen=True)
class Trainer:
    """The clone that a study trains in; `deadline` is a time.monotonic(), None for as long as it takes."""

    plan: Plan
    clone: workspace.Workspace
    deadline: float | None

    @property
    def kept(self) -> SavedResults:
        """What former sittings left in the study's folder."""
        return SavedResults(self.plan.folder)

    def set_runs(self, runs: Mapping[str, Any]) -> dict[str, params.Run]:
        """Make these the clone's runs, and tell how each is trained; a mistake is a PipelineError of one line."""
        self.clone.write_params(self.plan.params | {"runs": dict(runs)})
        try:
            return params.load_params(self.clone.root / PARAMS_FILE).runs
        except PipelineError as error:
            raise PipelineError(f"study/{self.plan.name}/{error}") from None

    def repro(self, target: str) -> bool:
        """Bring a stage and what it needs up to date; False if time runs out, and then a checkpoint is kept."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return self._is_current(target)
        process = self.clone.start("dvc", "repro", target)
        try:
            left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            status = process.wait(left)
        except subprocess.TimeoutExpired:
            return _stopped(process) == 0
        except KeyboardInterrupt:
            process.wait()
            raise Interrupted(f"`make study NAME={self.plan.name}` goes on from here") from None
        if status:
            raise PipelineError(f"study/{self.plan.name}: `dvc repro {target}` failed, as it says above; run it again")
        return True

    def _is_current(self, target: str) -> bool:
        status = self.clone.start("dvc", "status", "--quiet", "--with-deps", target).wait()
        if status not in (0, 1):
            raise PipelineError(f"study/{self.plan.name}: `dvc status {target}` failed, as it says above; run it again")
        return status == 0

    def looking(self) -> "Trainer":
        """The same with no time left: it trains nothing, but tells what is up to date."""
        return dataclasses.replace(self, deadline=0.0)

    def history(self, run: str) -> list[dict[str, str]]:
        """The rows of a trained run's history.csv."""
        return read_csv(self.clone.results(run) / "history.csv")

    def restore(self, run: params.Run) -> bool:
        """Bring the kept results of a run that is not trained in this clone into it; False if there are none."""
        source = self.kept.results(run)
        if source is None or self.looking().repro(f"train@{run.name}"):
            return False
        save.copy(source, self.clone.results(run.name))
        return True

    def unfinished(self, run: params.Run) -> Path | None:
        """The files of the epochs that an interrupted training has done, here or before; None if there are none."""
        folders = (self.clone.root / CHECKPOINTS).glob(f"{run.name}-{'[0-9a-f]' * 16}/run")
        done = [folder for folder in folders if (folder / "history.csv").is_file()]
        here = max(done, key=lambda folder: (folder / "history.csv").stat().st_mtime, default=None)
        return here or self.kept.unfinished(run)


def _stopped(process: subprocess.Popen) -> int:
    """The exit status of `dvc`, whose training is asked once to save a checkpoint and end; other stages may finish."""
    asked: set[int] = set()
    while True:
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.pid not in asked and "pipeline.train" in child.cmdline():
                    asked.add(child.pid)
                    child.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(1)
