"""A histogram of each kernel's weights after each epoch, with equal bins and axes, for MLflow's step slider."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.figures import run_styles, style
from pipeline.figures.weight_page import weights_page
from pipeline.formats.histograms import Histogram, read_histograms
from pipeline.formats.tables import read_json
from pipeline.tracking.metric_points import weights_key

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from PIL.Image import Image

FOLDER = "images"  # where MLflow puts images that have a key and a step
PAGE = "weights.html"
LOGGED = re.compile(r"(?P<key>.+)\+step\+(?P<step>\d+)\+timestamp\+\d+\+[^+]+\.png")
INCHES, DPI = 2.4, 150  # square, as MLflow's cells are, and legible at 150 pixels


def log_weight_images(client: "MlflowClient", run_id: str, folder: Path, stamps: dict[int, int]) -> None:
    """Log the images that the run does not have yet; `stamps` are the epochs' times in milliseconds since 1970."""
    path = folder / "histograms.json"
    if not path.exists():
        return
    run = read_json(folder / "run.json")
    present = {
        (match["key"], int(match["step"]))
        for item in client.list_artifacts(run_id, FOLDER)
        if (match := LOGGED.fullmatch(Path(item.path).name))
    }
    missing = [
        (weights_key(layer), epoch, layer, histogram)
        for layer, histogram in read_histograms(path).items()
        for epoch in histogram.epochs
        if (weights_key(layer), epoch) not in present and epoch in stamps  # more epochs are of a former training
    ]
    if not missing:
        return
    with style.applied():
        drawing = HistogramImage()
        for key, epoch, layer, histogram in missing:
            image = drawing.draw(run, layer, histogram, epoch)
            client.log_image(run_id, image, key=key, step=epoch, timestamp=stamps[epoch], synchronous=True)


def log_page(client: "MlflowClient", run_id: str, folder: Path) -> None:
    """Log the page of all histograms, with a slider."""
    path = folder / "histograms.json"
    if path.exists():
        page = weights_page(read_json(folder / "run.json"), read_histograms(path))
        client.log_text(run_id, page, PAGE)


class HistogramImage:
    """One figure, reused for all layers and epochs, since creating it takes as long as drawing it.

    Create and use it within `style.applied()`. Margins and the title's height are fixed: computing them would take half
    of the time.
    """

    def __init__(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(INCHES, INCHES), dpi=DPI)
        figure.subplots_adjust(left=0.24, right=0.9, bottom=0.2, top=0.83)
        self.canvas = FigureCanvasAgg(figure)
        self.axes = figure.add_subplot()
        self.axes.locator_params(nbins=4)
        self.axes.set_ylabel("share of weights [%]")
        self.bars = self.axes.stairs([1.0], [0.0, 1.0], fill=True)

    def draw(self, run: dict[str, Any], layer: str, histogram: Histogram, epoch: int) -> "Image":
        """Draw the share of a layer's weights in each bin after an epoch, 0 being before the training.

        The label says how many weights are outside. The tallest bin of the epochs so far sets the height.
        """
        from PIL import Image

        place, shares = histogram.epochs.index(epoch), histogram.shares
        self.bars.set_data(shares[place], np.linspace(histogram.low, histogram.high, shares.shape[1] + 1))
        self.bars.set_color(run_styles.run_colour(run["architecture"], run_styles.flags(run)))
        self.axes.set_xlim(histogram.low, histogram.high)
        self.axes.set_ylim(0, 1.05 * shares[: place + 1].max() or 1.0)  # later epochs are not known yet
        outside = histogram.outside[place]
        self.axes.set_xlabel(f"weight ({outside:.2g} % outside)" if outside else "weight")
        self.axes.set_title(f"{run['run']}\n{layer} {f'after epoch {epoch}' if epoch else 'before training'}", y=1)
        self.canvas.draw()
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba())[..., :3].copy())
