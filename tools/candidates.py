"""Which runs can be promoted, and which of them is the best; judged by validation images alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.paths import RUNS
from pipeline.formats.tables import read_csv, read_json
from pipeline.tracking import run_content
from pipeline.tracking.champion import MAX_MODEL_BYTES


@dataclass(frozen=True)
class Candidate:
    """A complete run: run.json, environment.json, and the validation accuracy after its last epoch."""

    run: str
    record: dict[str, Any]
    environment: dict[str, Any]
    val_accuracy: float

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
        except (ValueError, LookupError, TypeError) as error:
            reasons[run] = f"is damaged ({type(error).__name__}: {error}); run `dvc repro --force evaluate@{run}`"
        else:
            if isinstance(read, Candidate):
                candidates.append(read)
            else:
                reasons[run] = read
    return candidates, reasons


def _read(folder: Path) -> Candidate | str:
    """The candidate in a run's folder, or the reason why the run cannot be promoted."""
    record, environment, metrics = (
        read_json(folder / name) for name in ("run.json", "environment.json", "metrics.json")
    )
    last = read_csv(folder / "history.csv")[-1]
    size = (folder / "model.keras").stat().st_size
    if record["settings"]["validation_data"] != "validation":
        return "was validated on the test set, and no model may be chosen by that"
    if not environment["complete"]:
        return f"is not completely trained; run `dvc repro evaluate@{folder.name}`"
    if not run_content.metrics_match_history(metrics, last):
        return f"was trained again since it was evaluated; run `dvc repro evaluate@{folder.name}`"
    if size > MAX_MODEL_BYTES:
        return f"has a model of {size / 1e6:.0f} MB, and git takes at most {MAX_MODEL_BYTES / 1e6:.0f} MB"
    return Candidate(folder.name, record, environment, metrics["val_accuracy"])


def best(candidates: Sequence[Candidate]) -> tuple[Candidate, dict[str, str]]:
    """The run with the best validation accuracy (of equals the smallest), and why other runs were not compared with it.

    Runs are compared if they have the same data and number of validation images; of several such groups the largest is.
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
    return min(groups[chosen], key=lambda each: (-each.val_accuracy, each.record["parameters"])), reasons
