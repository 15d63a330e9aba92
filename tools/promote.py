"""Make a run the champion, which `tools.predict` and `make serve` use: `make promote`, or `make promote RUN=NAME`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from tabulate import tabulate

from pipeline.config import params
from pipeline.core import errors, files
from pipeline.core.errors import PipelineError
from pipeline.core.paths import run_dir
from pipeline.tracking import champion, registry
from pipeline.tracking.boundary import PATIENCE, within
from pipeline.tracking.champion import Champion, Promotion
from tools.candidates import Candidate, best, eligible, noise, sturdy


def promotion(chosen: Candidate) -> Promotion:
    """The entry of champion.json for a run that is promoted now."""
    return Promotion(
        run=chosen.run,
        training_id=chosen.environment["training_id"],
        input_key=chosen.record["input_key"],
        data_digest=chosen.record["data_digest"],
        validation_images=chosen.record["settings"]["validation_images"],
        val_accuracy=chosen.val_accuracy,
        parameters=chosen.record["parameters"],
        model_sha256=files.sha256(run_dir(chosen.run) / "model.keras"),
        promoted=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def check_accuracy(wanted: Promotion, threshold: float) -> None:
    """PipelineError if the validation accuracy is below `threshold`."""
    if wanted.val_accuracy < threshold:
        raise PipelineError(
            f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} is below {threshold:g}, the least that a"
            " champion must have (promote.min_val_accuracy in params.yaml); train a better run"
        )


def compare(wanted: Promotion, present: Promotion, by_name: bool) -> None:
    """PipelineError if `wanted` is worse than the champion by more than `noise`, unless its run was chosen by name.

    Runs validated on other data, or on another number of images, are not compared.
    """
    if not wanted.comparable(present):
        print(f"not compared with the champion ({present.run}), which was validated on other images")
        return
    limit = noise(wanted.val_accuracy, present.val_accuracy, wanted.validation_images)
    if wanted.val_accuracy >= present.val_accuracy - limit:
        return
    worse = (
        f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} is below the champion's ({present.run},"
        f" {present.val_accuracy:.4f}) by more than the noise of {wanted.validation_images:,} images ({limit:.4f})"
    )
    if not by_name:
        raise PipelineError(f"{worse}; the champion stays; `make promote RUN={wanted.run}` promotes it all the same")
    print(f"{worse}; promoted all the same, because RUN names it")


def choose(runs: params.Params, name: str | None) -> Candidate:
    """The run called `name`, or the best run if None; PipelineError if that run, or every run, cannot be promoted.

    Prints the accuracies of the runs that can be promoted.
    """
    candidates, reasons = eligible(runs.runs)
    show(candidates)
    if runs.promote.min_stress_accuracy is not None:
        candidates, fragile = sturdy(candidates, runs.promote.min_stress_accuracy)
        reasons |= fragile
    if name:
        run = runs.run(name).name
        if run in reasons:
            raise PipelineError(f"{run}: it {reasons[run]}")
        return next(candidate for candidate in candidates if candidate.run == run)
    if not candidates:
        raise PipelineError(f"no run can be promoted: {'; '.join(f'{run} {why}' for run, why in reasons.items())}")
    chosen, others = best(candidates)
    for run, reason in (reasons | others).items():
        print(f"left out: {run} {reason}")
    return chosen


def show(candidates: Sequence[Candidate]) -> None:
    """Print each run's accuracy on validation images, as they are and corrupted."""
    rows = [
        [each.run, f"{each.val_accuracy:.4f}", "–" if each.stress is None else f"{each.stress:.4f}"]
        for each in candidates
    ]
    head = ["run", "validation", "corrupted validation"]
    if rows:
        print(tabulate(rows, head, tablefmt="simple", disable_numparse=True, colalign=("left", "right", "right")))


def main(arguments: argparse.Namespace) -> None:
    """Choose a run, check it, write the champion's files, and update MLflow's aliases."""
    runs = params.load_params()
    wanted, present = promotion(choose(runs, arguments.run)), champion.load_champion()
    if present and wanted.model_sha256 == present.champion.model_sha256:
        print(f"{wanted.run}: its model is the champion already; nothing changes")
    else:
        check_accuracy(wanted, runs.promote.min_val_accuracy if arguments.threshold is None else arguments.threshold)
        if present:
            compare(wanted, present.champion, by_name=arguments.run is not None)
        present = Champion(champion=wanted, previous=present.champion if present else None)
    champion.save_champion(present, run_dir(wanted.run))
    print(f"{wanted.run}: validation accuracy {wanted.val_accuracy:.4f} on {wanted.validation_images:,} images")
    try:
        for alias, done in within(PATIENCE, registry.apply_aliases, present).items():
            print(f"{registry.NAME}@{alias}: {done}")
    except PipelineError as error:
        print(f"not registered in MLflow, run `make sync` later ({errors.describe(error)})")
    print("commit the folder champion/")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", nargs="?", help="a name in params.yaml; without it, the best is chosen")
    parser.add_argument("--threshold", type=float, help="instead of promote.min_val_accuracy of params.yaml")
    errors.run_command(main, parser)
