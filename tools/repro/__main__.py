"""Run every stage that is out of date: a plan first, then run after run, the quickest first: `make repro`."""

import argparse
import json
import math
import time
from collections.abc import Sequence
from contextlib import suppress

from tabulate import tabulate

from pipeline.config.params import Params, load_params
from pipeline.core import errors
from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import ROOT, run_dir
from pipeline.formats.result_files import read_result
from tools.repro import plan
from tools.repro.plan import DATA, STAGES, Machine, Task, about, clock
from tools.repro.stages import CONTINUES, run_stages
from tools.sync import Synchronizer
from tools.workspace import Workspace

TYPICAL_IMPORT_SECONDS = 4.0  # of TensorFlow; assumed if only `draw` is out of date, when it is not measured


def main(arguments: argparse.Namespace) -> None:
    """Print the plan; without --plan, carry it out, write the report and log all results to MLflow."""
    params = load_params()
    names = [params.run(name).name for name in arguments.runs] or list(params.runs)
    if arguments.plan:
        print_plan(make_plan(params, names))
        return
    list(run_stages(DATA))
    tasks = make_plan(params, names)
    print_plan(tasks)
    try:
        if tasks:
            run_tasks(tasks)
    except KeyboardInterrupt:  # while a run was logged; the stage at work then has the signal, too
        raise Interrupted(CONTINUES) from None
    finally:
        list(run_stages(["report"]))
        finish(names)


def finish(names: Sequence[str]) -> None:
    """Log the results of these runs and the champion to MLflow, and print what to do next."""
    synchronizer = Synchronizer()
    done = {name: synchronizer.sync(name) for name in names}
    synchronizer.save_view()
    done |= synchronizer.sync_champion()
    for name, what in done.items():
        if not what.startswith(("linked", "no results")):
            print(f"MLflow: {name}: {what}")
    print("`make ui` compares the runs, `make promote` makes the best of them the champion, `make serve` serves it")


def make_plan(params: Params, names: Sequence[str]) -> list[Task]:
    """A task for each of these runs that is out of date, the quickest first; measures this machine if needed."""
    stale = stale_stages()
    stages = {name: [stage for stage in STAGES if f"{stage}@{name}" in stale] for name in names}
    runs = [params.runs[name] for name in names if stages[name]]
    if not runs:
        return []
    computing = [run for run in runs if stages[run.name] != ["draw"]]
    speeds, first = recorded_speeds(params), plan.runs_to_measure(computing)
    machine = measure(list(first.values())) if computing else Machine(TYPICAL_IMPORT_SECONDS, {})
    tasks = []
    for run in runs:
        measured = first[run.model.architecture] if run in computing else None
        speed = plan.training_speed(run.name, measured, speeds, machine) if measured else math.inf
        tasks.append(plan.estimate(run, stages[run.name], speed, machine.import_seconds))
    return sorted(tasks, key=lambda task: task.total)


def stale_stages() -> set[str]:
    """The names, such as `train@RUN`, of the stages that DVC would run, and of the later stages of the same runs."""
    stale = set(json.loads(Workspace(ROOT).check_output("dvc", "status", "--json")))
    for name in list(stale):
        stage, _, run = name.partition("@")
        if run:
            stale |= {f"{later}@{run}" for later in STAGES[STAGES.index(stage) :]}
    return stale


def recorded_speeds(params: Params) -> dict[str, float]:
    """The speed of each run that has intact results, even out-of-date ones."""
    speeds = {}
    for folder in map(run_dir, params.runs):
        with suppress(FileNotFoundError, PipelineError):
            settings = read_result(folder / "run.json")["settings"]
            speeds[folder.name] = plan.recorded_speed(settings, read_result(folder / "environment.json")["seconds"])
    return speeds


def measure(runs: Sequence[str]) -> Machine:
    """Measure this machine's speed at `runs`, in a separate process, since TensorFlow never releases its threads."""
    print("measuring this machine for a few seconds", flush=True)
    printed = Workspace(ROOT).check_output("python", "-m", "tools.repro.measure", *runs)
    found = json.loads(printed.splitlines()[-1])
    return Machine(found["import_seconds"], found["images_per_second"])


def print_plan(tasks: Sequence[Task]) -> None:
    """Print what will run and for about how long."""
    if not tasks:
        print("every run is up to date")
        return
    rows = [[task.run, " ".join(task.seconds), about(task.total)] for task in tasks]
    print(tabulate(rows, ["run", "out of date", "time"], tablefmt="simple"))
    print(f"in all {about(sum(task.total for task in tasks))}", flush=True)


def run_tasks(tasks: Sequence[Task]) -> None:
    """Run the stages of each task in turn, print a line per stage with the time left, and log finished runs to MLflow.

    One DVC process runs them all, and starts the next stage while a run is logged.
    """
    synchronizer = Synchronizer()
    stages = {f"{stage}@{task.run}": (number, task) for number, task in enumerate(tasks, 1) for stage in task.seconds}
    left = sum(task.total for task in tasks)
    begin = time.monotonic()
    for name, restored in run_stages(list(stages)):
        number, task = stages[name]
        stage = name.partition("@")[0]
        left -= task.seconds[stage]
        took, begin = clock(time.monotonic() - begin), time.monotonic()
        cached = " from the cache" if restored else ""
        rest = f", {about(left)} left" if left > 1 else ""
        print(f"[{number}/{len(tasks)}] {task.run}: {outcome(stage, task.run)}{cached} in {took}{rest}", flush=True)
        if stage == list(task.seconds)[-1]:
            synchronizer.sync(task.run)


def outcome(stage: str, run: str) -> str:
    """What a stage did, as text to print; with the accuracy after `train` and `evaluate`."""
    if stage == "draw":
        return "drawn"
    if stage == "train":
        accuracy = read_result(run_dir(run) / "history.csv")[-1]["val_accuracy"]
        return f"trained, {100 * accuracy:.1f} % on validation data,"
    metrics, images = read_result(run_dir(run) / "metrics.json"), len(read_result(run_dir(run) / "predictions.csv"))
    return (
        f"evaluated, {100 * metrics['test_accuracy']:.1f} % of {images:,} test images"
        f" and {100 * metrics['stress']:.1f} % of corrupted ones,"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.repro", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names in `runs` of params.yaml; without any, all")
    parser.add_argument("--plan", action="store_true", help="print the plan and do nothing")
    errors.run_command(main, parser)
