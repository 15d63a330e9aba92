"""The fewest training images that reach a validation accuracy: budget after budget, the test set not looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.study.plan import Budget, Search
from tools.study.trainer import Trainer


@dataclass(frozen=True)
class Trial:
    """One budget that was tried: the validation accuracy of each seed's run, by its name."""

    network: str
    budget: Budget
    target: float
    accuracies: Mapping[str, float]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return sum(self.accuracies.values()) / len(self.accuracies)

    @property
    def reached(self) -> bool:
        """Whether that is the target or more."""
        return self.mean >= self.target


def candidates(network: str, search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """The runs of one budget: one a seed."""
    name = f"{network}-{budget.epochs}x{budget.training_images}"
    return {f"{name}-seed{seed}": {**search.run, **budget.model_dump(), "seed": seed} for seed in search.seeds}


def beside(search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """What is trained beside the budget found, for comparison."""
    return {name: {**search.run, **budget.model_dump(), **own} for name, own in search.beside.items()}


def tried(trainer: Trainer, network: str, search: Search) -> list[Trial]:
    """Train budget after budget until one reaches the target, or none is left, or time runs out."""
    trials = []
    for budget in search.budgets:
        runs = candidates(network, search, budget)
        trainer.set_runs(runs)
        if not all(trainer.repro(f"train@{run}") for run in runs):
            break
        accuracies = {run: float(trainer.history(run)[-1]["val_accuracy"]) for run in runs}
        trials.append(Trial(network, budget, search.target, accuracies))
        if trials[-1].reached:
            break
    return trials


def rows(trials: list[Trial]) -> list[dict[str, Any]]:
    """A row for each run of each budget tried, for search.csv."""
    return [
        {
            "network": trial.network,
            "run": run,
            "epochs": trial.budget.epochs,
            "training_images": trial.budget.training_images,
            "images_seen": trial.budget.images,
            "val_accuracy": accuracy,
            "target": trial.target,
            "reached": trial.reached,
        }
        for trial in trials
        for run, accuracy in trial.accuracies.items()
    ]
