"""Where the results come from: code, data, machines, and how to make them again."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any
from urllib.parse import quote

from pipeline.core.git import head_commit
from pipeline.reporting.number_format import count
from pipeline.reporting.results import Result

SOFTWARE = ("scipy", "statsmodels", "scikit-learn", "matplotlib", "seaborn")
UI = "http://127.0.0.1:5000/#/experiments/1/runs?searchFilter="  # what `make ui` serves, on its first port


@dataclass(frozen=True)
class Origin:
    """Runs of the same machine, numerics, commit and data; `elsewhere`: not on the machine that wrote the report."""

    runs: list[str]
    machine: str
    numerics: str
    host: str
    elsewhere: bool
    commit: str
    data: str
    first: str
    last: str


def origins(found: Sequence[Result]) -> list[Origin]:
    """The runs by where they come from, in the order of their first runs."""
    alike: dict[tuple[str, ...], list[Result]] = {}
    for result in found:
        place = result.environment
        key = (machine(place), numerics(place), place["host"], _commit(place["git"]), result.record["data_digest"])
        alike.setdefault(key, []).append(result)
    return [_origin(key, runs) for key, runs in alike.items()]


def _origin(key: tuple[str, ...], runs: Sequence[Result]) -> Origin:
    described, numbers, host, commit, data = key
    started = [datetime.fromtimestamp(run.environment["started"], UTC).strftime("%Y-%m-%d %H:%M") for run in runs]
    names = [run.run for run in runs]
    elsewhere = host != platform.node()
    return Origin(names, described, numbers, host, elsewhere, commit, data, min(started), max(started))


def machine(environment: Mapping[str, Any]) -> str:
    """Processor, cores, what computes bfloat16, and GPUs."""
    hardware = environment["hardware"]
    gpus = [gpu["name"] for gpu in hardware["gpus"] or []]
    return ", ".join([hardware["processor"], count(hardware["cores"], "core"), *(hardware["bfloat16"] or []), *gpus])


def numerics(environment: Mapping[str, Any]) -> str:
    """Precision, threads, oneDNN if it was noted, and versions."""
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    onednn = {True: ", with oneDNN", False: ", without oneDNN"}.get(environment.get("onednn"), "")
    return f"precision {environment['precision']}, threads {environment['threads']}{onednn}; {versions}"


def software() -> str:
    """The packages that work out and draw the report, with their versions."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in SOFTWARE)


def _commit(git: Mapping[str, Any]) -> str:
    commit = git["git_commit"]
    if commit is None:
        return "not in git"
    return commit[:12] + ("" if git["git_clean"] else ", with uncommitted changes")


def protocols(found: Sequence[Result]) -> list[str]:
    """One line for each protocol: the settings that its runs share, and the names of those in which they differ."""
    lines = []
    for name in dict.fromkeys(result.record["protocol"] for result in found):
        group = [result for result in found if result.record["protocol"] == name]
        settings = [result.settings for result in group]
        keys = dict.fromkeys(key for one in settings for key in one)
        shared = [key for key in keys if all(one.get(key) == settings[0].get(key) for one in settings)]
        same = ", ".join(f"{words(key)} {settings[0][key]}" for key in shared)
        own = ", ".join(words(key) for key in keys if key not in shared)
        whose = "" if len(group) == len(found) else f" ({', '.join(result.run for result in group)})"
        lines.append(f"Protocol `{name}`{whose}: {same}{f'; by run: {own}' if own else ''}.")
    return lines


def own_settings(found: Sequence[Result]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The settings in which runs differ, and each run's values of them; – for one that its protocol has not."""
    keys = list(dict.fromkeys(key for result in found for key in result.settings))
    own = [key for key in keys if len({str(result.settings.get(key)) for result in found}) > 1]
    rows = [(result.run, [str(result.settings.get(key, "–")) for key in own]) for result in found]
    return [words(key) for key in own], rows


def words(key: str) -> str:
    """A key of params.yaml as one reads it."""
    return key.replace("_", " ")


def link(result: Result) -> str:
    """The address of the run in MLflow's UI on this machine, found by the identity of its training."""
    return UI + quote(f"tags.training_id = '{result.environment['training_id']}'")


def head() -> str | None:
    """The first characters of the commit that the report is written on; None outside of git."""
    commit = head_commit()
    return commit and commit[:12]
