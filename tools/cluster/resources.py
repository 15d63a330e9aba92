"""What one run asks of a node: processors, GPUs, memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.params import Run
from pipeline.core.errors import PipelineError
from pipeline.formats.tables import read_json

GIGABYTE = 1e9
UNKNOWN_MEMORY = 7 * GIGABYTE  # where no run of the architecture is recorded; the largest network here takes 6.7
RESERVE = 1.25  # times the most that a run of the architecture was seen to take


@dataclass(frozen=True)
class Resources:
    """Processors, GPUs, and bytes of memory."""

    cpus: float
    gpus: float
    memory: int


@dataclass(frozen=True)
class ResourceRequest:
    """What a person asks for, memory in gigabytes; None leaves it to `choose`."""

    cpus: float | None = None
    gpus: float | None = None
    memory: float | None = None


def default_resources(run: Run, nodes: Sequence[Mapping[str, float]], seen: float | None) -> Resources:
    """Sensible resources on `nodes`, as Ray lists what each has; `seen` is the most memory recorded, in bytes.

    Processors: as many as threads. With threads `auto`, which takes all cores of a node, all that the smallest node
    has, so that a run has the node to itself, or on GPU nodes its GPU's share of them. One GPU where there are any.
    """
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1]
    usable = with_gpu or [node for node in nodes if node.get("CPU", 0) >= 1]
    if not usable:
        raise PipelineError("the Ray cluster has no node with a processor to give; start some with `ray start`")
    whole = min(node.get("CPU", 1) // max(1, node.get("GPU", 0)) for node in usable)
    threads = run.train.threads
    most = max(node.get("memory", UNKNOWN_MEMORY) for node in usable)
    return Resources(
        cpus=max(1, whole) if threads == "auto" else min(threads, max(node.get("CPU", 1) for node in usable)),
        gpus=1 if with_gpu else 0,
        memory=int(min(seen * RESERVE if seen else UNKNOWN_MEMORY, most)),
    )


def requested_resources(
    run: Run, nodes: Sequence[Mapping[str, float]], recorded: Mapping[str, float], wishes: ResourceRequest
) -> Resources:
    """What `wishes` say, and what `choose` finds where they say nothing; PipelineError if no node has that much."""
    found = default_resources(run, nodes, recorded.get(run.model.architecture))
    wanted = Resources(
        cpus=found.cpus if wishes.cpus is None else wishes.cpus,
        gpus=found.gpus if wishes.gpus is None else wishes.gpus,
        memory=found.memory if wishes.memory is None else int(wishes.memory * GIGABYTE),
    )
    require_room(run.name, wanted, nodes)
    return wanted


def require_room(name: str, wanted: Resources, nodes: Iterable[Mapping[str, float]]) -> None:
    """PipelineError if no node has that much, since Ray would wait for such a node for ever."""
    for node in nodes:
        if (
            node.get("CPU", 0) >= wanted.cpus
            and node.get("GPU", 0) >= wanted.gpus
            and node.get("memory", 0) >= wanted.memory
        ):
            return
    raise PipelineError(
        f"{name}: no node has {wanted.cpus:g} processors, {wanted.gpus:g} GPUs and"
        f" {wanted.memory / GIGABYTE:.1f} GB of memory; ask for less with --cpus, --gpus, --memory"
    )


def recorded_memory(results: Path) -> dict[str, float]:
    """The most memory, in bytes, that a recorded run of each architecture took."""
    most: dict[str, float] = {}
    for path in results.glob("*/environment.json"):
        described = path.with_name("run.json")
        if described.exists():
            architecture: Any = read_json(described)["architecture"]
            for row in read_json(path)["system"] or []:
                most[architecture] = max(most.get(architecture, 0), row["process_memory_megabytes"] * 1e6)
    return most
