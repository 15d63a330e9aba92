"""Train what a study of `study/` plans, continuing where it was interrupted, and save its results and report."""

import argparse
import time
from collections.abc import Sequence

import filelock

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from tools import workspace
from tools.study import pages, plan, search
from tools.study.search import Trial
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
    """Train, evaluate and draw the named runs and networks, all if none is named; then report and save all results."""
    selected = study.select(names)
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    trainer = Trainer(study, workspace.make_clone(study.folder / CLONE), deadline)
    trials, found = _search(trainer, study, selected)
    runs = {run: flags for searched in found.values() for run, flags in searched.items()} | study.params["runs"]
    planned = trainer.set_runs(runs) if runs else {}
    wanted = {*selected, *(run for network in selected for run in found.get(network, ()))}
    trainers = {run: trainer if run in wanted else trainer.read_only() for run in runs}
    done = [run for run, one in trainers.items() if one.repro(f"draw@{run}") or trainer.restore(planned[run])]
    unfinished = {run: path for run in runs if run not in done and (path := trainer.unfinished(planned[run]))}
    if done:
        trainer.set_runs({run: runs[run] for run in done})
        trainer.clone.check_output("dvc", "repro", "--single-item", "report", limit=None)
    trainer.saved.save(trainer.clone.root / "results", done, unfinished, search.search_rows(trials))
    write_text(study.folder / "README.md", pages.study_page(study.name, study.folder, trials))
    for run in runs:
        print(f"{run}: {'done' if run in done else 'unfinished' if run in unfinished else 'not started'}")
    print(f"Written: study/{study.name}/README.md")


def _search(trainer: Trainer, study: plan.Plan, selected: Sequence[str]) -> tuple[list[Trial], dict[str, dict]]:
    """Run the study's searches, the selected ones with training.

    Returns:
        All trials; and by network, the runs at the budget that its search found, comparison runs included.
    """
    trials, found = [], {}
    for network, wanted in study.searches.items():
        tried = search.run_search(trainer if network in selected else trainer.read_only(), network, wanted)
        trials += tried
        if budget := next((trial.budget for trial in tried if trial.reached), None):
            found[network] = search.candidates(network, wanted, budget) | search.comparison_runs(wanted, budget)
    return trials, found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.study", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="a folder of study/ that has a params.yaml")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="only these of its runs, or networks of its search")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes, with a checkpoint to continue from")
    errors.run_command(main, parser)
