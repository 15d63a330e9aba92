"""The fewest training images that reach a validation accuracy: budget after budget, the test set not looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.params import Run
from tools.study.plan import Budget, Search
from tools.study.saved_results import described
from tools.study.trainer import Trainer


@dataclass(frozen=True)
class Trial:
    """One budget that was tried: how each seed's run is trained, by its name, and the validation accuracies so far."""

    network: str
    budget: Budget
    target: float
    runs: Mapping[str, Run]
    accuracies: Mapping[str, float]

    @property
    def complete(self) -> bool:
        """Whether every seed was trained."""
        return len(self.accuracies) == len(self.runs)

    @property
    def mean(self) -> float:
        """Over the seeds that were trained."""
        return sum(self.accuracies.values()) / len(self.accuracies)

    @property
    def reached(self) -> bool:
        """Whether that is the target or more, over all seeds."""
        return self.complete and self.mean >= self.target


def candidates(network: str, search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """The runs of one budget: one a seed."""
    name = "-".join([network, f"{budget.epochs}x{budget.training_images}", *filter(None, [budget.recipe])])
    return {f"{name}-seed{seed}": {**search.settings(budget), "seed": seed} for seed in search.seeds}


def comparison_runs(search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """What is trained beside the budget found, for comparison."""
    return {name: {**search.settings(budget), **own} for name, own in search.beside.items()}


def run_search(trainer: Trainer, network: str, search: Search) -> list[Trial]:
    """Train budget after budget until one reaches the target, or none is left, or time runs out.

    Those after it are not trained, but what is known of them from before is listed.
    """
    trials = []
    for budget in search.budgets:
        runs = trainer.set_runs(candidates(network, search, budget))
        trial = Trial(network, budget, search.target, runs, dict(_accuracies(trainer, network, runs)))
        if trial.accuracies:
            trials.append(trial)
        if trial.reached or not trial.complete:
            trainer = trainer.looking()
    return trials


def _accuracies(trainer: Trainer, network: str, runs: Mapping[str, Run]) -> Iterator[tuple[str, float]]:
    """The validation accuracy of each run, but of those that there is no time for.

    What is trained here counts before what is kept from another machine, and that is not trained again.
    """
    for name, run in runs.items():
        trained = trainer.looking().repro(f"train@{name}")
        accuracy = None if trained else trainer.kept.accuracy(network, run)
        if accuracy is None:
            if not (trained or trainer.repro(f"train@{name}")):
                continue
            accuracy = float(trainer.history(name)[-1]["val_accuracy"])
        yield name, accuracy


def rows(trials: list[Trial]) -> list[dict[str, Any]]:
    """A row for each run of each budget tried, for search.csv."""
    return [
        described(trial.network, trial.runs[name])
        | {
            "images_seen": trial.budget.images,
            "val_accuracy": accuracy,
            "target": trial.target,
            "reached": trial.reached,
        }
        for trial in trials
        for name, accuracy in trial.accuracies.items()
    ]
