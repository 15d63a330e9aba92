"""Which runs overfit: their validation loss rises again."""

from collections.abc import Sequence

from pipeline.reporting.number_format import shortened
from pipeline.reporting.results import Result

MARGIN = 0.1  # of the lowest loss; a smaller rise counts as noise


def overfits(result: Result) -> bool:
    """Whether the validation loss ends more than a tenth above its lowest value."""
    losses = [row["val_loss"] for row in result.history]
    return losses[-1] > (1 + MARGIN) * min(losses)


def sentence(results: Sequence[Result]) -> str:
    """The runs that overfit, by name, or that none does."""
    found = [result.run for result in results if overfits(result)]
    if not found:
        return "No run overfits within its epochs: each validation loss ends at most a tenth above its lowest value."
    return f"Overfitting, the validation loss ends more than a tenth above its lowest value: {shortened(found)}."
