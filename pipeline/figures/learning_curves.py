"""One run's loss against epoch, in the notebook's form."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures import style


@style.applied()
def draw_loss(history: Sequence[Mapping[str, float]], run: str) -> Figure:
    """Draw training and validation loss; `history` has one row per epoch, with the columns of history.csv."""
    drawing = style.figure(6.4, 4.2)
    axes = drawing.add_subplot()
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["val_loss"] for row in history], "o-", color=style.BLUE, label="Validation Loss")
    axes.plot(epochs, [row["train_loss"] for row in history], "s--", color=style.RED, label="Train Loss")
    _epoch_axis(axes, len(history))
    axes.set_ylim(0, 1.08 * max(max(row["train_loss"], row["val_loss"]) for row in history))
    axes.grid(True)
    axes.set_ylabel("Categorical Crossentropy Loss")
    axes.set_title(f"{run}: loss against epoch")
    axes.legend()
    return drawing


def _epoch_axis(axes: Axes, epochs: int) -> None:
    """Put ticks at whole epochs: at each one up to ten epochs, else at every fifth, tenth or so."""
    step = 1 if epochs <= 10 else 5 if epochs <= 50 else 10 * -(-epochs // 100)
    axes.set_xticks([1, *range(max(step, 2), epochs + 1, step)])
    axes.set_xlim(1 - 0.05 * epochs, 1.05 * epochs)
    axes.set_xlabel("epoch")
