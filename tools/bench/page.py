"""`docs/performance.md`, written from `docs/performance.json`: what was measured on which machine, when and how."""

import dataclasses
import datetime
import itertools
import json
from collections.abc import Mapping, Sequence
from importlib import metadata, util
from typing import Any

from pipeline.core.files import write_text
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_json, write_json
from pipeline.reporting.number_format import count
from pipeline.runtime.devices import Gpu, Hardware
from pipeline.training.metadata import package_versions
from tools.bench.row import Row, table
from tools.workspace import Workspace

NAME, DATA = "docs/performance.md", "docs/performance.json"
READING = """`make bench WRITE=1` measures on the machine that it runs on and leaves what other machines measured;
`ROWS="tracking idle"` measures a part.

Every ratio is ours to theirs, measured in turn in one sitting: the median of the pairs' ratios, beside the
medians of both sides. In the rows of `speed` more is better, so there it is theirs to ours. Below 1, ours is ahead.

- `train`: one `train` stage as DVC runs it, against `tools/bench/bare.py`: the same network, data, batch, epochs,
  precision, threads and determinism with `model.fit` on arrays. The images are not shifted, which the bare script
  cannot; what was measured on 2026-11-24 has ours shift them all the same. The first epoch is left out: TensorFlow
  traces the network in it. The fixed cost is the process without its epochs: imports, tracking, histograms, figures,
  model.
- `tracking`: the same stage against that script with `mlflow.keras.autolog()`, and with MLflow's own callback and its
  model logged at the end. Ours has a histogram of every layer and epoch, and a checkpoint, theirs have none.
- `idle`: in this repository, with every stage up to date. `make repro` asks for all pipelines: there is one, and so
  DVC need not read its files a second time to find out which stages are meant.
- `speed`: training steps on noise, the second pass over the same batches. Ours takes one operation each for
  batch normalisation and Adam, where Keras' own take many, and convolves in cheaper ways where the sizes allow it: by
  Winograd's filtering in float32, or as one product of matrices (`models/normalization.py`, `pipeline/adam.py`,
  `models/convolution.py`). Neither Keras' own layers here nor the bare script above have any of it. What was measured
  before 2026-11-28 has the first alone.
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
    return Hardware(found["processor"], found["cores"], frozenset(found["bfloat16"]), gpus)


def write(rows: Sequence[Row], found: Hardware, command: str) -> None:
    """Keep what was measured, in place of what this machine measured of the same families before; write the page."""
    path = ROOT / DATA
    known = read_json(path) if path.exists() else {}
    known[device(found)] = known.get(device(found), {}) | entries(rows, command, datetime.date.today())
    write_json(path, known)
    write_text(ROOT / NAME, text(known))


def device(found: Hardware) -> str:
    """A machine in a line."""
    names = [gpu.name for gpu in found.gpus]
    return ", ".join([found.processor, count(found.cores, "core"), *sorted(found.bfloat16), *names])


def entries(rows: Sequence[Row], command: str, date: datetime.date) -> dict[str, Any]:
    """The rows of each family, with what measured them."""
    used = package_versions() | {name: metadata.version(name) for name in ("mlflow", "dvc")}
    used |= {"torch": metadata.version("torch")} if util.find_spec("torch") else {}
    head = {"date": date.isoformat(), "command": command, "package_versions": used}
    grouped = itertools.groupby(rows, lambda row: row.family)
    return {family: head | {"rows": [dataclasses.asdict(row) for row in members]} for family, members in grouped}


def text(known: Mapping[str, Mapping[str, Any]]) -> str:
    """The page as Markdown: a section for each machine, a table for each sitting on it."""
    parts = ["# Performance", READING]
    for name, families in known.items():
        parts.append(f"## {name}")
        for head, members in itertools.groupby(families.values(), _head):
            rows = [Row(**row) for entry in members for row in entry["rows"]]
            parts += [head, table(rows)]
    return "\n\n".join(parts) + "\n"


def _head(entry: Mapping[str, Any]) -> str:
    numbers = ", ".join(f"{name} {version}" for name, version in entry["package_versions"].items())
    return f"Measured on {entry['date']} with `{entry['command']}`; {numbers}."
