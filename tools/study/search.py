"""Search for the fewest training images that reach a validation accuracy; the test set is not used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.params import Run
from tools.study.plan import Budget, Search
from tools.study.saved_results import search_settings
from tools.study.trainer import Trainer


@dataclass(frozen=True)
class Trial:
    """A budget that was tried: its runs by name, one for each seed, and the validation accuracies known so far."""

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
        """The mean accuracy of the seeds that were trained."""
        return sum(self.accuracies.values()) / len(self.accuracies)

    @property
    def reached(self) -> bool:
        """Whether the mean over all seeds reaches the target."""
        return self.complete and self.mean >= self.target


def candidates(network: str, search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """The entries in `runs` of params.yaml that try a budget, one for each seed."""
    name = "-".join([network, f"{budget.epochs}x{budget.training_images}", *filter(None, [budget.recipe])])
    return {f"{name}-seed{seed}": {**search.settings(budget), "seed": seed} for seed in search.seeds}


def comparison_runs(search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """The entries in `runs` of params.yaml that are compared with the runs of the budget found."""
    return {name: {**search.settings(budget), **own} for name, own in search.comparison_runs.items()}


def run_search(trainer: Trainer, network: str, search: Search) -> list[Trial]:
    """Train the budgets in order until one reaches the target or the time is up.

    Returns:
        Every budget with a known accuracy; those after the last one trained have accuracies from earlier sessions.
    """
    trials = []
    for budget in search.budgets:
        runs = trainer.set_runs(candidates(network, search, budget))
        trial = Trial(network, budget, search.target, runs, dict(_accuracies(trainer, network, runs)))
        if trial.accuracies:
            trials.append(trial)
        if trial.reached or not trial.complete:
            trainer = trainer.read_only()
    return trials


def _accuracies(trainer: Trainer, network: str, runs: Mapping[str, Run]) -> Iterator[tuple[str, float]]:
    """Each run's validation accuracy: as trained in the clone, else as saved, else trained now if time allows."""
    for name, run in runs.items():
        trained = trainer.read_only().repro(f"train@{name}")
        accuracy = None if trained else trainer.saved.accuracy(network, run)
        if accuracy is None and (trained or trainer.repro(f"train@{name}")):
            accuracy = trainer.val_accuracy(name)
        if accuracy is not None:
            yield name, accuracy


def search_rows(trials: list[Trial]) -> list[dict[str, Any]]:
    """The rows of search.csv, one for each run of each trial."""
    return [
        search_settings(trial.network, trial.runs[name])
        | {"images_seen": trial.budget.images_seen, "val_accuracy": accuracy}
        | {"target": trial.target, "reached": trial.reached}
        for trial in trials
        for name, accuracy in trial.accuracies.items()
    ]
