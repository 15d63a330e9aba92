"""`docs/performance.md`: the table with the hardware, the versions, the date and the command."""

import datetime
import json
from collections.abc import Sequence
from importlib import metadata, util

from pipeline import hardware as machine
from pipeline.files import ROOT, write_text
from pipeline.hardware import Gpu, Hardware
from pipeline.record import versions
from pipeline.reporting.formats import count
from tools.bench.row import Row, table
from tools.workspace import Workspace

NAME = "docs/performance.md"
READING = """Every ratio is ours to theirs, measured in turn in one sitting: the median of the pairs' ratios, beside the
medians of both sides. In the rows of `speed` more is better, so there it is theirs to ours. Below 1, ours is ahead.

- `train`: one `train` stage as DVC runs it, against `tools/bench/bare.py`: the same network, data, batch, epochs,
  precision, threads and determinism with `model.fit` on arrays. An epoch's first is left out: TensorFlow traces the
  network in it. The fixed cost is the process without its epochs: imports, tracking, histograms, figures, model.
- `tracking`: the same stage against the bare script with `mlflow.keras.autolog()`, and with MLflow's own callback
  and its model logged at the end. Ours has a histogram of every layer and epoch, theirs have none.
- `idle`: in this repository, with every stage up to date.
- `speed`: training steps on noise, the second pass over the same batches. Ours trains batch normalisation as one
  operation (`models/normalization.py`), Keras' own layer in many.
- `growth`: one real run's files under many names; the share of one run, to its share among fewer runs."""
DETECT = """
import dataclasses, json
from pipeline import hardware
print(json.dumps(dataclasses.asdict(hardware.detect(hardware.import_tensorflow())), default=sorted))
"""


def hardware() -> Hardware:
    """What TensorFlow sees here, asked in a process of its own, since it would keep a GPU's memory."""
    found = json.loads(Workspace(ROOT).ask("python", "-c", DETECT).splitlines()[-1])
    gpus = tuple(Gpu(gpu["name"], tuple(gpu["compute_capability"])) for gpu in found["gpus"])
    return machine.Hardware(found["processor"], found["cores"], frozenset(found["bfloat16"]), gpus)


def write(rows: Sequence[Row], found: Hardware, command: str) -> None:
    """Write the page."""
    write_text(ROOT / NAME, text(rows, found, command, datetime.date.today()))


def text(rows: Sequence[Row], found: Hardware, command: str, date: datetime.date) -> str:
    """The page as Markdown."""
    names = [gpu.name for gpu in found.gpus]
    processor = f"{found.processor}, {count(found.cores, 'core')}"
    device = ", ".join([processor, *sorted(found.bfloat16), *names])
    used = versions() | {name: metadata.version(name) for name in ("mlflow", "dvc")}
    used |= {"torch": metadata.version("torch")} if util.find_spec("torch") else {}
    numbers = ", ".join(f"{name} {version}" for name, version in used.items())
    head = f"Measured on {date:%Y-%m-%d} with `{command}`, on {device}; {numbers}."
    return "\n\n".join(["# Performance", head, table(rows), READING]) + "\n"
