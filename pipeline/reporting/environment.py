"""Where and with what a run was trained, in words, from its environment.json."""

from collections.abc import Mapping
from typing import Any

from pipeline.reporting.number_format import count


def machine(environment: Mapping[str, Any]) -> str:
    """Processor, cores, instructions for bfloat16, and GPUs, from the content of environment.json."""
    hardware = environment["hardware"]
    gpus = [gpu["name"] for gpu in hardware["gpus"] or []]
    return ", ".join([hardware["processor"], count(hardware["cores"], "core"), *(hardware["bfloat16"] or []), *gpus])


def numerics(environment: Mapping[str, Any]) -> str:
    """Precision, threads, oneDNN if recorded, and versions, from the content of environment.json."""
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    onednn = {True: ", with oneDNN", False: ", without oneDNN"}.get(environment.get("onednn"), "")
    return f"precision {environment['precision']}, threads {environment['threads']}{onednn}; {versions}"


def commit(git: Mapping[str, Any]) -> str:
    """The commit of the code, shortened, and whether there were uncommitted changes, from `git` of environment.json."""
    if git["git_commit"] is None:
        return "not in git"
    return git["git_commit"][:12] + ("" if git["git_clean"] else ", with uncommitted changes")
