"""Which runs can be promoted, and which of them is the best.

Judged by validation images alone, as they are and corrupted; no file about test images is read, except metrics.json for
the validation accuracy of the evaluated training.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.paths import RUNS
from pipeline.formats.result_files import read_result
from pipeline.tracking import run_content
from pipeline.tracking.champion import MAX_MODEL_BYTES


@dataclass(frozen=True)
class Candidate:
    """A complete run: run.json, environment.json, and the validation accuracy after its last epoch.

    `stress` is the accuracy on corrupted validation images; None if the run was not scored on them.
    """

    run: str
    record: dict[str, Any]
    environment: dict[str, Any]
    val_accuracy: float
    stress: float | None = None

    @property
    def validated_on(self) -> tuple[str, int]:
        """The digest of the data, and the number of validation images."""
        return self.record["data_digest"], self.record["settings"]["validation_images"]


def eligible(runs: Iterable[str], folder: Path = RUNS) -> tuple[list[Candidate], dict[str, str]]:
    """The runs that can be promoted, and for each other run the reason why not."""
    candidates, reasons = [], {}
    for run in runs:
        try:
            read = _read(folder / run)
        except FileNotFoundError as error:
            reasons[run] = f"has no {Path(error.filename).name}; run `dvc checkout`, or `dvc repro evaluate@{run}`"
        except PipelineError as error:
            reasons[run] = f"is damaged: {error}"
        else:
            if isinstance(read, Candidate):
                candidates.append(read)
            else:
                reasons[run] = read
    return candidates, reasons


def _read(folder: Path) -> Candidate | str:
    """The candidate in a run's folder, or the reason why the run cannot be promoted."""
    record, environment, metrics = (
        read_result(folder / name) for name in ("run.json", "environment.json", "metrics.json")
    )
    last = read_result(folder / "history.csv")[-1]
    size = (folder / "model.keras").stat().st_size
    if record["settings"]["validation_data"] != "validation":
        return "was validated on the test set, and no model may be chosen by that"
    if not environment["complete"]:
        return f"is not completely trained; run `dvc repro evaluate@{folder.name}`"
    if not run_content.metrics_match_history(metrics, last):
        return f"was trained again since it was evaluated; run `dvc repro evaluate@{folder.name}`"
    if run_content.find_card(folder, environment) is None:
        return f"has no {run_content.CARD} of this training; run `dvc repro draw@{folder.name}`"
    if size > MAX_MODEL_BYTES:
        return f"has a model of {size / 1e6:.0f} MB, and git takes at most {MAX_MODEL_BYTES / 1e6:.0f} MB"
    return Candidate(folder.name, record, environment, metrics["val_accuracy"], _stress(folder))


def _stress(folder: Path) -> float | None:
    path = folder / "validation_stress.json"
    return read_result(path).get("mean_accuracy") if path.is_file() else None


def noise(first: float, second: float, images: int) -> float:
    """The noise of a difference in accuracy: two equally good models differ by less in 95 of 100 cases.

    1.96 · sqrt(2 · p · (1 − p) / n) for the mean accuracy p and n images; 0.0035 for p = 0.992, n = 5,000.
    """
    mean = (first + second) / 2
    return 1.96 * math.sqrt(2 * mean * (1 - mean) / images)


def sturdy(candidates: Sequence[Candidate], least: float) -> tuple[list[Candidate], dict[str, str]]:
    """The runs that read at least this share of corrupted validation images, and for each other the reason."""
    kept, reasons = [], {}
    for candidate in candidates:
        if candidate.stress is None:
            reasons[candidate.run] = f"has no validation_stress.json; run `dvc repro evaluate@{candidate.run}`"
        elif candidate.stress < least:
            found = f"has an accuracy of {candidate.stress:.4f} on corrupted validation images"
            reasons[candidate.run] = f"{found}, below {least:g} (promote.min_stress_accuracy in params.yaml)"
        else:
            kept.append(candidate)
    return kept, reasons


def best(candidates: Sequence[Candidate]) -> tuple[Candidate, dict[str, str]]:
    """The run with the best validation accuracy, and why other runs were not compared with it.

    Of runs that are worse by less than the noise, the one that reads most corrupted images is taken; of equals, the
    most accurate, then the smallest. Runs are compared if they have the same data and number of validation images; of
    several such groups the largest is.
    """
    groups: dict[tuple[str, int], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.validated_on, []).append(candidate)
    digest, images = chosen = max(groups, key=lambda key: (len(groups[key]), key[1]))
    reasons = {}
    for candidate in candidates:
        own_digest, own_images = candidate.validated_on
        if own_digest != digest:
            reasons[candidate.run] = "was trained on other data"
        elif own_images != images:
            reasons[candidate.run] = f"was validated on {own_images:,} images, the compared runs on {images:,}"
    highest = max(candidate.val_accuracy for candidate in groups[chosen])
    close = [
        each for each in groups[chosen] if highest - each.val_accuracy <= noise(highest, each.val_accuracy, images)
    ]
    return min(close, key=lambda each: (-(each.stress or 0), -each.val_accuracy, each.record["parameters"])), reasons
