"""Write tables into `docs/performance.md`: a section for each machine, with a part for each family of rows."""

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from importlib import metadata, util
from typing import Any

from pipeline.core.files import write_text
from pipeline.core.paths import ROOT
from pipeline.reporting.provenance import machine
from pipeline.training.metadata import package_versions
from tools.bench.row import Row, table
from tools.workspace import Workspace

PAGE = "docs/performance.md"
DETECT = """
import dataclasses, json
from pipeline.runtime.session import detect_hardware, import_tensorflow
print(json.dumps(dataclasses.asdict(detect_hardware(import_tensorflow())), default=sorted))
"""


def detect_hardware() -> dict[str, Any]:
    """The fields of `Hardware`, detected in another process, since TensorFlow would keep the GPU's memory in this."""
    return json.loads(Workspace(ROOT).check_output("python", "-c", DETECT).splitlines()[-1])


def save(families: Mapping[str, Sequence[Row]], hardware: Mapping[str, Any], command: str) -> None:
    """Write what `command` measured on `hardware`, as `detect_hardware` returns it, into the page."""
    torch = ["torch"] if util.find_spec("torch") else []
    versions = package_versions() | {name: metadata.version(name) for name in ("mlflow", "dvc", *torch)}
    numbers = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = f"Measured on {datetime.date.today()} with `{command}`; {numbers}."
    parts = {family: f"{head}\n\n{table(rows)}" for family, rows in families.items()}
    path = ROOT / PAGE
    write_text(path, update(path.read_text(encoding="utf-8"), machine({"hardware": hardware}), parts))


def update(page: str, machine: str, parts: Mapping[str, str]) -> str:
    """Return the page with a machine's `parts`, by family, in place of its former parts of the same families."""
    introduction, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    machines: dict[str, dict[str, str]] = {}
    for section in sections:
        name, *families = re.split(r"^### ", section, flags=re.MULTILINE)
        machines[name.strip()] = {family: part for family, _, part in (one.partition("\n") for one in families)}
    machines[machine] = machines.get(machine, {}) | parts
    blocks = [introduction]
    for name, families in machines.items():
        blocks += [f"## {name}", *(f"### {family}\n\n{part.strip()}" for family, part in families.items())]
    return "\n\n".join(block.strip() for block in blocks) + "\n"
