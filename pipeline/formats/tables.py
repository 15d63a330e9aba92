"""JSON, CSV and numpy files; equal values give equal bytes."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.files import atomic, write_text

INNERMOST = re.compile(r"\{\n[^{}\[\]]*\}|\[\n[^{}\[\]]*\]")  # a JSON object or array that holds no other
MAX_LINE = 160  # characters of an object or array that is written on one line


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, short rows on one line each; NaN and infinity raise ValueError."""
    text = json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False)
    write_text(path, INNERMOST.sub(lambda match: _on_one_line(match[0]), text) + "\n")


def _on_one_line(block: str) -> str:
    line = " ".join(part.strip() for part in block.splitlines())
    return f"{line[0]}{line[2:-2]}{line[-1]}" if len(line) <= MAX_LINE else block


def read_json(path: Path) -> Any:
    """The value in a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the same keys as CSV with a header; floats in their shortest exact form."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, buffer.getvalue())


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; every value is a string."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as an uncompressed .npz."""
    with atomic(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array as .npy."""
    with atomic(path) as stream:
        np.save(stream, array, allow_pickle=False)
