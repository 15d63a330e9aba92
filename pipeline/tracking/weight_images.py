"""A histogram of each kernel's weights after each epoch, with equal bins and axes, for MLflow's step slider."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.figures import run_styles, style
from pipeline.formats.result_files import read_result
from pipeline.formats.tables import read_json
from pipeline.tracking.metric_points import weights_key

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from PIL.Image import Image

FOLDER = "images"  # where MLflow puts images that have a key and a step
LOGGED = re.compile(r"(?P<key>.+)\+step\+(?P<step>\d+)\+timestamp\+\d+\+[^+]+\.png")
INCHES, DPI = 2.4, 150  # square, as MLflow's cells are, and legible at 150 pixels


def log_weight_images(client: "MlflowClient", run_id: str, folder: Path, stamps: dict[int, int]) -> None:
    """Log the images that the run does not have yet; `stamps` are the epochs' times in milliseconds since 1970."""
    histograms = folder / "histograms.json"
    if not histograms.exists():
        return
    run = read_json(folder / "run.json")
    present = {
        (match["key"], int(match["step"]))
        for item in client.list_artifacts(run_id, FOLDER)
        if (match := LOGGED.fullmatch(Path(item.path).name))
    }
    missing = [
        (key, epoch, layer, entry)
        for key, epoch, layer, entry in _all_images(read_result(histograms))
        if (key, epoch) not in present and epoch in stamps  # the file may hold more epochs, of a former training
    ]
    if not missing:
        return
    with style.applied():
        drawing = HistogramImage()
        for key, epoch, layer, entry in missing:
            image = drawing.draw(run, layer, entry, epoch)
            client.log_image(run_id, image, key=key, step=epoch, timestamp=stamps[epoch], synchronous=True)


def _all_images(histograms: dict[str, Any]) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """Key, epoch, layer, and the layer's entry in histograms.json."""
    for layer, entry in histograms.items():
        for epoch in range(1, len(entry["counts"]) + 1):
            yield weights_key(layer), epoch, layer, entry


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
        self.axes.set_xlabel("weight")
        self.axes.set_ylabel("share of weights [%]")
        self.bars = self.axes.stairs([1.0], [0.0, 1.0], fill=True)

    def draw(self, run: dict[str, Any], layer: str, entry: dict[str, Any], epoch: int) -> "Image":
        """Draw the share of a layer's weights in each bin after an epoch, 1 being the first.

        `entry` is the layer's part of histograms.json. The tallest bin of the epochs so far sets the height.
        """
        from PIL import Image

        counts = np.array(entry["counts"])
        total = counts[0].sum()
        edges = np.linspace(entry["low"], entry["high"], counts.shape[1] + 1)
        self.bars.set_data(100 * counts[epoch - 1] / total, edges)
        self.bars.set_color(run_styles.colour(run["architecture"]))
        self.axes.set_xlim(entry["low"], entry["high"])
        self.axes.set_ylim(0, 105 * counts[:epoch, 1:-1].max() / total)  # later epochs are not known yet
        self.axes.set_title(f"{run['run']}\n{layer} after epoch {epoch}", y=1)
        self.canvas.draw()
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba())[..., :3].copy())
