"""Run a study of `study/`: train what it plans, go on where it was interrupted, keep its results and report."""

import argparse
import time
from collections.abc import Sequence

import filelock

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_text
from tools import workspace
from tools.study import plan, save, search, summary
from tools.study.search import Trial
from tools.study.trainer import Trainer

CLONE = "work"  # below the study's folder; git ignores it, and it holds weights and checkpoints


def main(arguments: argparse.Namespace) -> None:
    """One sitting of a study; PipelineError while another one of it lasts."""
    study = plan.load(arguments.name)
    try:
        with filelock.FileLock(study.folder / f"{CLONE}.lock", timeout=0):
            run_session(study, arguments)
    except filelock.Timeout:
        raise PipelineError(f"study/{study.name}: another process works on it; wait for it, or stop it") from None


def run_session(study: plan.Plan, arguments: argparse.Namespace) -> None:
    """Train, evaluate, report, then copy the results to `study/NAME/`."""
    chosen = study.chosen(arguments.runs)
    deadline = None if arguments.minutes is None else time.monotonic() + 60 * arguments.minutes
    trainer = Trainer(study, workspace.make(study.folder / CLONE), deadline)
    trials, found = _searched(trainer, study, chosen)
    runs = {run: flags for searched in found.values() for run, flags in searched.items()} | study.params["runs"]
    planned = trainer.set_runs(runs) if runs else {}
    wanted = {*chosen, *(run for network in chosen for run in found.get(network, ()))}
    at_work = {run: trainer if run in wanted else trainer.looking() for run in runs}
    done = [run for run, worker in at_work.items() if worker.repro(f"evaluate@{run}") or trainer.restore(planned[run])]
    unfinished = {run: path for run in runs if run not in done and (path := trainer.unfinished(planned[run]))}
    if done:
        trainer.set_runs({run: runs[run] for run in done})
        trainer.clone.ask("dvc", "repro", "--single-item", "report")
    save.keep(trainer.clone.root / "results", study.folder, done, unfinished, search.rows(trials))
    write_text(study.folder / "README.md", summary.page(study.name, study.folder, trials))
    for run in runs:
        print(f"{run}: {'done' if run in done else 'unfinished' if run in unfinished else 'not begun'}")
    print(f"Written: study/{study.name}/README.md")


def _searched(trainer: Trainer, study: plan.Plan, chosen: Sequence[str]) -> tuple[list[Trial], dict[str, dict]]:
    """Every budget tried, and by network the runs of the one found with what is trained beside them."""
    trials, found = [], {}
    for network, wanted in study.searches.items():
        tried = search.run_search(trainer if network in chosen else trainer.looking(), network, wanted)
        trials += tried
        if budget := next((trial.budget for trial in tried if trial.reached), None):
            found[network] = search.candidates(network, wanted, budget) | search.comparison_runs(wanted, budget)
    return trials, found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.study", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="a folder of study/ that has a params.yaml")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="only these of its runs, or networks of its search")
    parser.add_argument("--minutes", type=float, help="stop after so long, with a checkpoint to go on from")
    errors.run_command(main, parser)
