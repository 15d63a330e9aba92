"""A picture of every kernel's weights after every epoch, with equal bins and axes, for MLflow's step slider."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import files
from pipeline.figures import looks, style
from pipeline.tracking.content import weights_key

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from PIL.Image import Image

FOLDER = "images"  # where MLflow puts pictures that have a key and a step
LOGGED = re.compile(r"(?P<key>.+)\+step\+(?P<step>\d+)\+timestamp\+\d+\+[^+]+\.png")
INCHES, DPI = 2.4, 150  # square, as MLflow's cells are, and legible at 150 pixels


def log(client: "MlflowClient", run_id: str, folder: Path, stamps: dict[int, int]) -> None:
    """Log the pictures that the run does not have yet; `stamps` are the epochs' times in milliseconds since 1970."""
    histograms = folder / "histograms.json"
    if not histograms.exists():
        return
    run = files.read_json(folder / "run.json")
    there = {
        (match["key"], int(match["step"]))
        for item in client.list_artifacts(run_id, FOLDER)
        if (match := LOGGED.fullmatch(Path(item.path).name))
    }
    with style.applied():
        for key, epoch, layer, entry in _wanted(files.read_json(histograms)):
            if (key, epoch) in there or epoch not in stamps:  # a training that starts over has epochs yet to come there
                continue
            image = draw(run, layer, entry, epoch)
            client.log_image(run_id, image, key=key, step=epoch, timestamp=stamps[epoch], synchronous=True)


def _wanted(histograms: dict[str, Any]) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    for layer, entry in histograms.items():
        for epoch in range(1, len(entry["counts"]) + 1):
            yield weights_key(layer), epoch, layer, entry


def draw(run: dict[str, Any], layer: str, entry: dict[str, Any], epoch: int) -> "Image":
    """The share of a kernel's weights in each bin after an epoch; the tallest bin so far sets the height.

    In the present style. The margins are fixed: to let matplotlib find some takes half the time, and there is a picture
    for each layer and epoch.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    counts = np.array(entry["counts"])
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    edges = np.linspace(entry["low"], entry["high"], counts.shape[1] + 1)
    drawing = Figure(figsize=(INCHES, INCHES), dpi=DPI)
    drawing.subplots_adjust(left=0.24, right=0.9, bottom=0.2, top=0.83)
    axes = drawing.add_subplot()
    axes.stairs(shares[epoch - 1], edges, fill=True, color=looks.colour(run["architecture"]))
    axes.set_xlim(entry["low"], entry["high"])
    axes.set_ylim(0, 105 * counts[:epoch, 1:-1].max() / counts[0].sum())  # later epochs are not known yet
    axes.locator_params(nbins=4)
    axes.set_xlabel("weight")
    axes.set_ylabel("share of weights [%]")
    axes.set_title(f"{run['run']}\n{layer} after epoch {epoch}")
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
