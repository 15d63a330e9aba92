"""Write the runs' histograms and curves as TensorBoard's event files and serve them: `make tensorboard`."""

import argparse
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT, RUNS
from pipeline.formats.histograms import Histogram, read_histograms
from pipeline.formats.result_files import read_result
from pipeline.runtime import session
from pipeline.tracking import run_content
from tools import ui
from tools.sync import is_complete

LOGS = ROOT / ".tensorboard"  # written anew each time
EVENTS = "events.out.tfevents.run"  # TensorBoard looks for the middle of this name
PORTS = range(6006, 6026)


def buckets(histogram: Histogram, epoch: int, minimum: float, maximum: float) -> np.ndarray:
    """A kernel's weights after an epoch, as TensorBoard stores them: float64 (bins, 3) of left edge, right edge, count.

    Weights outside the bins are in a wide one on either side, which ends at the smallest or largest weight.
    """
    place = histogram.epochs.index(epoch)
    edges = np.linspace(histogram.low, histogram.high, histogram.counts.shape[1] + 1)
    rows = [*zip(edges[:-1], edges[1:], histogram.counts[place], strict=True)]
    if below := histogram.below[place]:
        rows.insert(0, (min(minimum, histogram.low), histogram.low, below))
    if above := histogram.above[place]:
        rows.append((histogram.high, max(maximum, histogram.high), above))
    return np.array(rows, dtype=np.float64)


def values(folder: Path) -> Iterator[tuple[str, str, np.ndarray, int, float]]:
    """What TensorBoard shows of a run: plugin, tag, array, epoch, and time in seconds since 1970.

    The scalars are MLflow's metrics but for the machine's load, under the same names, and float32, the only type of
    scalars that TensorBoard's fast loader reads.
    """
    content = run_content.read_content(folder, figures=False)
    for point in content.points:
        if not point.key.startswith("system/"):
            yield "scalars", point.key, np.float32(point.value), point.step, point.timestamp / 1000
    extremes = {(row["layer"], row["epoch"]): row for row in read_result(folder / "weights.csv")}
    for layer, histogram in read_histograms(folder / "histograms.json").items():
        for epoch in histogram.epochs:
            row = extremes[layer, epoch]
            shown = buckets(histogram, epoch, row["minimum"], row["maximum"])
            yield "histograms", f"weights/{layer}", shown, epoch, content.stamps[epoch] / 1000


def write_events(folder: Path, path: Path) -> None:
    """Write the event file of the run in `folder`, with TensorFlow, which needs no tensorboard for it."""
    tf = session.import_tensorflow()
    v1: Any = tf.compat.v1
    path.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(v1.Event(wall_time=0, file_version="brain.Event:2").SerializeToString())
        for plugin, tag, array, epoch, seconds in values(folder):
            kind = v1.SummaryMetadata(plugin_data=v1.SummaryMetadata.PluginData(plugin_name=plugin))
            value = v1.Summary.Value(tag=tag, tensor=tf.make_tensor_proto(array), metadata=kind)
            event = v1.Event(wall_time=seconds, step=epoch, summary=v1.Summary(value=[value]))
            writer.write(event.SerializeToString())


def main(arguments: argparse.Namespace) -> None:
    """Write the event files, print the address, then become the server."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # the server imports TensorFlow, too
    number = ui.free_port(arguments.port, PORTS, "tensorboard")
    runs = [run for run in params.load_params().runs if is_complete(RUNS / run)]
    if not runs:
        raise PipelineError(f"{RUNS.relative_to(ROOT)}: no results yet; run `make repro` first")
    shutil.rmtree(LOGS, ignore_errors=True)
    for run in runs:
        write_events(RUNS / run, LOGS / run / EVENTS)
    place = f"http://{ui.HOST}:{number}/#histograms"
    print(f"in some 20 seconds at {place}\nCtrl-C ends it", flush=True)
    ui.announce_from_fork(place)
    options = ["--logdir", str(LOGS), "--host", ui.HOST, "--port", str(number)]
    os.execvp("tensorboard", ["tensorboard", *options])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {ui.HOST}; without it the first free one")
    errors.run_command(main, parser)
