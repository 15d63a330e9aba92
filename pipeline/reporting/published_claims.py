"""What the notebook printed, and where its own numbers contradict its text; every sentence is computed."""

from collections.abc import Sequence

from pipeline.reporting.comparisons import Comparison
from pipeline.reporting.number_format import p_value, signed
from pipeline.reporting.results import Published


def accuracies(published: Published) -> str:
    """Test accuracy and errors of the three networks."""
    parts = [
        f"{name} {row['test_accuracy']:.4f} ({round(10_000 * (1 - row['test_accuracy']))} errors)"
        for name, row in published.test.items()
    ]
    return f"Test accuracy after 20 epochs, one training each: {', '.join(parts)}."


def curves(published: Published) -> str:
    """The first epochs in which training accuracy, all that was printed, reached 99 %."""
    first = {
        name: next((int(row["epoch"]) for row in published.curves[name] if row["accuracy"] >= 0.99), None)
        for name in ("vgg", "lenet")
    }
    words = [f"{name} {f'in epoch {epoch}' if epoch else 'never'}" for name, epoch in first.items()]
    return f"Validation columns were cut off in print. 99 % training accuracy: {', '.join(words)}."


def lenet_below_custom(published: Published) -> str | None:
    """Against the first conclusion."""
    lenet, custom = (published.test[name]["test_accuracy"] for name in ("lenet", "custom"))
    return f"lenet ({lenet:.4f}) is below custom ({custom:.4f})." if lenet < custom else None


def tested(comparisons: Sequence[Comparison]) -> str:
    """What these counts of errors say of a difference, as there are no paired predictions of the notebook."""
    parts = [
        f"{one.first} − {one.second} {signed(one.difference.value)} points (p {p_value(one.p)}, {p_value(one.adjusted)}"
        " after Holm)"
        for one in comparisons
    ]
    return f" By these counts alone, Fisher's exact test, unpaired: {'; '.join(parts)}."


def lenet_ahead(published: Published) -> str | None:
    """Against the second: how long lenet's training curves were the better ones, and its test loss."""
    pairs = list(zip(published.curves["lenet"], published.curves["vgg"], strict=True))
    lower = sum(lenet["loss"] < vgg["loss"] for lenet, vgg in pairs)
    above = [lenet["accuracy"] > vgg["accuracy"] for lenet, vgg in pairs]
    through = [*above, False].index(False)
    if lower <= len(pairs) / 2:
        return None
    return (
        f"lenet's training loss is below vgg's in {lower} of {len(pairs)} epochs, and its training accuracy above"
        f" through epoch {through} (each under its own dropout).{_lower_loss(published)}"
    )


def _lower_loss(published: Published) -> str:
    lenet, vgg = (published.test[name]["test_loss"] for name in ("lenet", "vgg"))
    return f" Its test loss is the lower one too: {lenet:.5f} against {vgg:.5f}." if lenet < vgg else ""


def custom_starts_late(published: Published) -> str | None:
    """Against the sixth: training accuracy after the second epoch."""
    vgg, custom = (published.curves[name][1]["accuracy"] for name in ("vgg", "custom"))
    if custom >= 0.9 * vgg:
        return None
    return f"After epoch 2, vgg's training accuracy is {vgg:.4f} and custom's {custom:.4f}."
