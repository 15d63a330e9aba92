"""The processors, GPUs and memory that one run requests of a node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.params import Run
from pipeline.core.errors import PipelineError

MEMORY = 7.0  # gigabytes by default; the largest network here takes 6.7
Nodes = Sequence[Mapping[str, float]]  # what each node has, by Ray's names; memory in bytes


@dataclass(frozen=True)
class ResourceRequest:
    """Processors, GPUs and gigabytes of memory; None for the default."""

    cpus: float | None = None
    gpus: float | None = None
    memory: float | None = None


def requested_resources(run: Run, nodes: Nodes, request: ResourceRequest) -> ResourceRequest:
    """The resources of a run by `request`, the rest by default; PipelineError if no node has that much.

    Processors: as many as threads. With threads `auto`, which uses all cores of a node, all of the smallest node, so
    that a run has the node to itself; on GPU nodes its GPU's share of them. One GPU if there are any.
    """
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1]
    usable = with_gpu or [node for node in nodes if node.get("CPU", 0) >= 1]
    if not usable:
        raise PipelineError("the Ray cluster has no node with a processor; start one with `ray start`")
    cpus = min(node.get("CPU", 1) // max(1, node.get("GPU", 0)) for node in usable)
    if run.train.threads != "auto":
        cpus = min(run.train.threads, max(node.get("CPU", 1) for node in usable))
    most = max(node.get("memory", MEMORY * 1e9) for node in usable) / 1e9
    default = {"cpus": max(1, cpus), "gpus": 1 if with_gpu else 0, "memory": min(MEMORY, most)}
    wanted = ResourceRequest(**default | {key: value for key, value in vars(request).items() if value is not None})
    needed = {"CPU": wanted.cpus, "GPU": wanted.gpus, "memory": int(wanted.memory * 1e9)}
    if not any(all(node.get(key, 0) >= amount for key, amount in needed.items()) for node in nodes):
        # Ray would wait for such a node forever
        raise PipelineError(
            f"{run.name}: no node has {wanted.cpus:g} processors, {wanted.gpus:g} GPUs and {wanted.memory:.1f} GB of"
            " memory; ask for less with --cpus, --gpus, --memory"
        )
    return wanted
