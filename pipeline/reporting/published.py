"""The results that the 2018 notebook published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.files import sha256
from pipeline.core.paths import PROCESSED, PUBLISHED
from pipeline.formats.tables import read_csv, read_json
from pipeline.reporting.comparisons import Group
from pipeline.reporting.results import Result, numbers

PRINTED_RATES = {"lenet": (0.25, 0.5), "vgg": (0.5, 0.5), "custom": (0.4, 0.5)}  # of dropout, the lowest and highest
PUBLISHED_FLAGS = (True, True, False)  # pooling, dropout, batch normalisation of the published networks


@dataclass(frozen=True)
class Published:
    """The notebook's test figures by architecture, and its training curves with one row per epoch.

    `data_digest` is that of the results which they can be compared with: those of its data; None if there are none.
    """

    test: dict[str, dict[str, float]]
    curves: dict[str, list[dict[str, float]]]
    data_digest: str | None

    def comparable(self, result: Result) -> bool:
        """Whether the result is about the data that the notebook used."""
        return result.record["data_digest"] == self.data_digest


def load_published(folder: Path = PUBLISHED, card: Path = PROCESSED / "card.json") -> Published:
    """Read the published figures from the CSV files in `folder`, and from `card` whether the data here are the same."""
    test = {row.pop("architecture"): numbers(row) for row in read_csv(folder / "test.csv")}
    curves = {name: [numbers(row) for row in read_csv(folder / f"{name}.csv")] for name in test}
    return Published(test, curves, _data_digest(folder, card))


def _data_digest(folder: Path, card: Path) -> str | None:
    used = {row["file"]: row["sha256"] for row in read_csv(folder / "files.csv")}
    try:
        return sha256(card) if read_json(card)["source_digests"] == used else None
    except (OSError, ValueError, LookupError, TypeError):  # not prepared, or damaged
        return None


def dropout_rates(result: Result) -> str:
    """The dropout rates of a run: the printed ones times its scale."""
    scale = result.settings.get("dropout_scale", 1.0)
    if result.architecture not in PRINTED_RATES:
        return f"× {scale:g}"
    low, high = (f"{scale * rate:.3g}" for rate in PRINTED_RATES[result.architecture])
    return (low if low == high else f"{low}–{high}") + (" as printed" if scale == 1 else "")


def notebook_networks(groups: Sequence[Group], published: Published) -> dict[str, list[Group]]:
    """The groups of the networks that the notebook published, on its data, by architecture; it says nothing of others.

    They have its components; their training, and how much of its dropout they use, may differ.
    """
    networks: dict[str, list[Group]] = {}
    for group in groups:
        run = group.first
        if run.architecture in published.test and run.flags == PUBLISHED_FLAGS and published.comparable(run):
            networks.setdefault(run.architecture, []).append(group)
    return networks
