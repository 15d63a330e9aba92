"""The results that the 2018 notebook published, what they show, and where they contradict its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.paths import PUBLISHED
from pipeline.formats.tables import read_csv
from pipeline.reporting import statistics
from pipeline.reporting.comparisons import UNPAIRED, Comparison, Group
from pipeline.reporting.number_format import p_value, signed
from pipeline.reporting.results import TEST_SET_SIZE, numbers

PUBLISHED_FLAGS = (True, True, False)  # pooling, dropout, batch normalisation of the published networks


@dataclass(frozen=True)
class Published:
    """The notebook's test figures by architecture, and its training curves with one row per epoch."""

    test: dict[str, dict[str, float]]
    curves: dict[str, list[dict[str, float]]]

    def correct(self, architecture: str) -> int:
        """The number of the 10,000 test images that the network read correctly."""
        return round(self.test[architecture]["test_accuracy"] * TEST_SET_SIZE)


def load_published(folder: Path = PUBLISHED) -> Published:
    """Read the published figures from the CSV files in `folder`."""
    test = {row.pop("architecture"): numbers(row) for row in read_csv(folder / "test.csv")}
    curves = {name: [numbers(row) for row in read_csv(folder / f"{name}.csv")] for name in test}
    return Published(test, curves)


def published_group(groups: Sequence[Group], architecture: str) -> Group | None:
    """The group of the network as it was published, the one with most seeds if there are several; None if none."""
    wanted = [
        group for group in groups if (group.first.architecture, group.first.flags) == (architecture, PUBLISHED_FLAGS)
    ]
    return max(wanted, key=lambda group: len(group.runs), default=None)


def compare_published(first: str, second: str, published: Published) -> Comparison:
    """Compare two architectures by their published counts of errors; both saw the same training images."""
    correct, images = [published.correct(name) for name in (first, second)], [TEST_SET_SIZE] * 2
    difference = statistics.unpaired_difference(correct, images)
    return Comparison(first, second, UNPAIRED, difference, statistics.fisher(correct, images), (1, 1))


def describe_accuracies(published: Published, comparisons: Sequence[Comparison]) -> str:
    """Sentences: test accuracy and errors of the three networks, and whether these counts differ significantly."""
    accuracies = [
        f"{name} {row['test_accuracy']:.4f} ({TEST_SET_SIZE - published.correct(name)} errors)"
        for name, row in published.test.items()
    ]
    differences = [
        f"{pair.first} − {pair.second} {signed(pair.difference.value)} points (p {p_value(pair.p)},"
        f" {p_value(pair.adjusted)} after Holm)"
        for pair in comparisons
    ]
    return (
        f"Test accuracy after 20 epochs, one training each: {', '.join(accuracies)}."
        f" By these counts alone, Fisher's exact test, unpaired: {'; '.join(differences)}."
    )


def describe_curves(published: Published) -> str:
    """Sentences: the first epochs in which training accuracy, the only one published, reached 99 %."""
    parts = []
    for name in ("vgg", "lenet"):
        epoch = next((int(row["epoch"]) for row in published.curves[name] if row["accuracy"] >= 0.99), None)
        parts.append(f"{name} {f'in epoch {epoch}' if epoch else 'never'}")
    return f"Validation columns were cut off in print. 99 % training accuracy: {', '.join(parts)}."


def lenet_below_custom(published: Published) -> str | None:
    """How the published figures contradict the first conclusion; None if they do not."""
    lenet, custom = (published.test[name]["test_accuracy"] for name in ("lenet", "custom"))
    return f"lenet ({lenet:.4f}) is below custom ({custom:.4f})." if lenet < custom else None


def lenet_ahead_of_vgg(published: Published) -> str | None:
    """How lenet's published curves and test loss contradict the second conclusion; None if they do not."""
    epochs = list(zip(published.curves["lenet"], published.curves["vgg"], strict=True))
    lower = sum(lenet["loss"] < vgg["loss"] for lenet, vgg in epochs)
    through = [*(lenet["accuracy"] > vgg["accuracy"] for lenet, vgg in epochs), False].index(False)
    if lower <= len(epochs) / 2:
        return None
    lenet, vgg = (published.test[name]["test_loss"] for name in ("lenet", "vgg"))
    loss = f" Its test loss is the lower one too: {lenet:.5f} against {vgg:.5f}." if lenet < vgg else ""
    return (
        f"lenet's training loss is below vgg's in {lower} of {len(epochs)} epochs, and its training accuracy above"
        f" through epoch {through} (each under its own dropout).{loss}"
    )


def custom_starts_late(published: Published) -> str | None:
    """How training accuracy after the second epoch contradicts the sixth conclusion; None if it does not."""
    vgg, custom = (published.curves[name][1]["accuracy"] for name in ("vgg", "custom"))
    if custom >= 0.9 * vgg:
        return None
    return f"After epoch 2, vgg's training accuracy is {vgg:.4f} and custom's {custom:.4f}."
