"""Runs as Ray tasks: connect, submit, wait for the results. The only file that imports Ray."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pipeline.core.errors import PipelineError
from tools.cluster.node import Snapshot, execute
from tools.cluster.progress import ProgressActor, ProgressPrinter
from tools.cluster.resources import ResourceRequest

INTERVAL = 1.0  # seconds between two updates of the progress
RETRIES = 3  # of a run whose node or worker was lost
ACTOR_TIMEOUT = 10.0  # seconds
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": "1",  # Ray's default is to retry forever
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextmanager
def connect(address: str | None) -> Iterator[list[dict[str, Any]]]:
    """Connect to the cluster at `address`, or to a new one on this machine that ends with the block.

    Yields the resources of each living node by Ray's names, with its `host`.
    """
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})
    import ray

    import tools.cluster

    if address:
        require_head(address)
    ray.cloudpickle.register_pickle_by_value(tools.cluster)
    options = {} if address else {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, ValueError) as error:
        raise PipelineError(f"RAY_ADDRESS {address}: {str(error).splitlines()[0]}") from error
    try:
        yield [node["Resources"] | {"host": node["NodeManagerAddress"]} for node in ray.nodes() if node["Alive"]]
    finally:
        ray.shutdown()


def require_head(address: str) -> None:
    """PipelineError if nothing listens at HOST:PORT, since Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise PipelineError(f"RAY_ADDRESS {address}: expected HOST:PORT, such as 10.0.0.1:6379, the cluster's head")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise PipelineError(f"RAY_ADDRESS {address}: {error}; is the head of the cluster running?") from error


def execute_runs(
    snapshot: Snapshot, files: Mapping[str, Mapping[str, bytes]], wanted: Mapping[str, ResourceRequest]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Execute runs on the nodes and show their progress.

    Args:
        snapshot: What all runs share.
        files: Each run's own files, by run and path.
        wanted: The resources of each run.

    Yields:
        Each run that has ended, and what `node.execute` returned.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(ProgressActor).options(num_cpus=0, max_restarts=-1, scheduling_strategy=here).remote()
    task = ray.remote(max_retries=RETRIES, retry_exceptions=False)(execute_and_report)
    shared = ray.put(snapshot)  # each node copies it once
    runs = {}
    for run, own in files.items():
        memory = int(wanted[run].memory * 1e9)
        options = {"num_cpus": wanted[run].cpus, "num_gpus": wanted[run].gpus, "memory": memory, "name": run}
        runs[task.options(**options).remote(shared, run, own, actor)] = run
    waiting, printer = list(runs), ProgressPrinter(files)
    while waiting:
        done, waiting = ray.wait(waiting, num_returns=1, timeout=INTERVAL)
        with suppress(ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
            for run, seen in ray.get(actor.get.remote(), timeout=ACTOR_TIMEOUT).items():
                printer.update(run, seen)
        for reference in done:
            run, result = runs[reference], _result(reference)
            yield run, result
            printer.update(run, {"state": "failed" if result["error"] else "done"})


def execute_and_report(snapshot: Snapshot, run: str, files: Mapping[str, bytes], actor: Any) -> dict[str, Any]:
    """The Ray task of a run; reports the node by its host and the beginning of its id."""
    import ray

    node = {"node": f"{socket.gethostname()} {ray.get_runtime_context().get_node_id()[:4]}"}
    return execute(snapshot, run, files, lambda seen: actor.put.remote(run, node | seen))


def _result(reference: Any) -> dict[str, Any]:
    import ray
    from ray import exceptions

    try:
        return ray.get(reference)
    except exceptions.OutOfMemoryError as error:
        return {"error": "out of memory: its node had none left; ask for more with --memory", "log": str(error)}
    except (exceptions.WorkerCrashedError, exceptions.NodeDiedError, exceptions.ObjectLostError) as error:
        return {"error": f"its node or worker was lost {RETRIES + 1} times", "log": str(error)}
    except exceptions.RayError as error:
        return {"error": " ".join(str(error).split())[-300:], "log": str(error)}
