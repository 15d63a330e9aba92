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
    """A budget that was tried: `runs` has one for each seed, `accuracies` the validation accuracies known so far.

    Both are by the run's name; `target` is the validation accuracy to reach.
    """

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
    """The entries in `runs` of params.yaml that train `network` with a budget, one for each seed."""
    name = "-".join([network, f"{budget.epochs}x{budget.training_images}", *filter(None, [budget.recipe])])
    return {f"{name}-seed{seed}": {**search.settings(budget), "seed": seed} for seed in search.seeds}


def comparison_runs(search: Search, budget: Budget) -> dict[str, dict[str, Any]]:
    """The entries in `runs` of params.yaml to compare with the search's runs: the same budget, other settings."""
    return {name: {**search.settings(budget), **own} for name, own in search.comparison_runs.items()}


def run_search(trainer: Trainer, network: str, search: Search) -> list[Trial]:
    """Train the budgets in order until one reaches the target or the time is up.

    Returns:
        A trial for each budget with a known accuracy, in order. Once one reaches the target or the time is up, later
        budgets are not trained: they are listed only if an earlier session trained them.
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
    """Yield each run's name and validation accuracy: from the clone, else as saved, else trained now if time allows."""
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
