"""Train the runs of a study, continuing where an earlier session stopped; save their results and a report."""

import argparse
import time
from collections.abc import Sequence

import filelock

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from tools import workspace
from tools.study import pages, plan
from tools.study.trainer import Trainer

CLONE = "work"  # in the study's folder, ignored by git; holds weights and checkpoints


def main(arguments: argparse.Namespace) -> None:
    """Run one session of a study; PipelineError while another session of it runs."""
    study = plan.load(arguments.name)
    try:
        with filelock.FileLock(study.folder / f"{CLONE}.lock", timeout=0):
            run_session(study, arguments.runs, arguments.minutes)
    except filelock.Timeout:
        raise PipelineError(f"study/{study.name}: another process works on it; wait for it, or stop it") from None


def run_session(study: plan.Plan, names: Sequence[str], minutes: float | None) -> None:
    """Train, evaluate and draw the named runs, all if none is named; then report and save all results."""
    selected = study.select(names)
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    trainer = Trainer(study, workspace.make_clone(study.folder / CLONE), deadline)
    runs = study.params["runs"]
    planned = trainer.set_runs(runs)
    others = trainer.read_only()
    trainers = {run: trainer if run in selected else others for run in runs}
    done = [run for run, one in trainers.items() if one.repro(f"draw@{run}") or trainer.restore(planned[run])]
    unfinished = {run: path for run in runs if run not in done and (path := trainer.unfinished(planned[run]))}
    if done:
        trainer.set_runs({run: runs[run] for run in done})
        trainer.clone.check_output("dvc", "repro", "--single-item", "report", limit=None)
    trainer.saved.save(trainer.clone.root / "results", done, unfinished)
    write_text(study.folder / "README.md", pages.study_page(study.name, study.folder))
    for run in runs:
        print(f"{run}: {'done' if run in done else 'unfinished' if run in unfinished else 'not started'}")
    print(f"Written: study/{study.name}/README.md")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.study", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="a folder of study/ that has a params.yaml")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="only these of its runs")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, with a checkpoint to continue from")
    errors.run_command(main, parser)
