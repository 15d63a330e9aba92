"""Where the results come from: code, data, machines, settings."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reporting.environment import commit, machine, numerics
from pipeline.reporting.results import Result, differing_settings


@dataclass(frozen=True)
class Origin:
    """Runs of the same machine, numerics, commit and data."""

    runs: list[str]
    machine: str
    numerics: str
    host: str
    commit: str
    data: str


def origins(results: Sequence[Result]) -> list[Origin]:
    """Group the runs by their origin, in the order of their first runs."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        place = result.environment
        key = (machine(place), numerics(place), place["host"], commit(place["git"]), result.record["data_digest"])
        groups.setdefault(key, []).append(result)
    return [Origin([run.run for run in runs], *key) for key, runs in groups.items()]


def protocols(results: Sequence[Result]) -> list[str]:
    """One line per protocol: the settings that its runs share, and the names of those in which they differ."""
    lines = []
    for name in dict.fromkeys(result.record["protocol"] for result in results):
        runs = [result for result in results if result.record["protocol"] == name]
        own = differing_settings(runs)
        same = ", ".join(f"{_words(key)} {value}" for key, value in runs[0].settings.items() if key not in own)
        members = "" if len(runs) == len(results) else f" ({', '.join(run.run for run in runs)})"
        lines.append(f"Protocol {name}{members}: {same}{'; by run: ' if own else ''}{', '.join(map(_words, own))}.")
    return lines


def own_settings(results: Sequence[Result]) -> tuple[list[str], dict[str, list[str]]]:
    """The settings in which runs differ; and by run its values of them, "–" for a setting that it does not have."""
    own = differing_settings(results)
    values = {result.run: [str(result.settings.get(key, "–")) for key in own] for result in results}
    return [_words(key) for key in own], values


def _words(key: str) -> str:
    return key.replace("_", " ")
