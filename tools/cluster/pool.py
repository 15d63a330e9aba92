"""Runs as Ray tasks: connect, submit, collect what became of each. The only file that imports Ray."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pipeline.core.errors import PipelineError
from tools.cluster import job
from tools.cluster.resources import Resources

RETRIES = 3  # of a run whose node or worker was lost
BOARD_TIMEOUT = 10.0  # seconds
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": "1",  # Ray's own default is to try for ever
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


class ProgressActor:
    """Where the nodes say how far each run is."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def put(self, run: str, seen: Mapping[str, Any]) -> None:
        """Note the news of a run."""
        self.rows[run] = self.rows.get(run, {}) | dict(seen) | {"at": time.time()}

    def get(self) -> dict[str, dict[str, Any]]:
        """All rows, by run."""
        return self.rows


class Pool:
    """The Ray cluster, as the driver sees it."""

    def __init__(self) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.ray = ray
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.board = ray.remote(ProgressActor).options(num_cpus=0, max_restarts=-1, scheduling_strategy=here).remote()
        self.task = ray.remote(max_retries=RETRIES, retry_exceptions=False)(work)
        self.runs: dict[Any, str] = {}  # by the reference of its outcome

    def nodes(self) -> list[dict[str, Any]]:
        """What each living node has, with its `host`."""
        alive = (node for node in self.ray.nodes() if node["Alive"])
        return [node["Resources"] | {"host": node["NodeManagerAddress"]} for node in alive]

    def share(self, snapshot: job.Snapshot) -> Any:
        """The snapshot in Ray's object store, from which each node takes it once."""
        return self.ray.put(snapshot)

    def submit(self, wanted: Resources, snapshot: Any, task: job.Task) -> None:
        """Queue a run."""
        options = {"num_cpus": wanted.cpus, "num_gpus": wanted.gpus, "memory": wanted.memory, "name": task.run}
        self.runs[self.task.options(**options).remote(snapshot, task, self.board)] = task.run

    def outcomes(self, interval: float) -> Iterator[tuple[str, dict[str, Any]] | None]:
        """Each run with what became of it, as they end; None after every `interval` seconds without."""
        waiting = list(self.runs)
        while waiting:
            done, waiting = self.ray.wait(waiting, num_returns=1, timeout=interval)
            for reference in done:
                yield self.runs[reference], self._outcome(reference)
            if not done:
                yield None

    def rows(self) -> dict[str, dict[str, Any]]:
        """What the nodes said last, by run; nothing while the board, which is only for show, is lost."""
        try:
            return self.ray.get(self.board.get.remote(), timeout=BOARD_TIMEOUT)
        except (self.ray.exceptions.RayActorError, self.ray.exceptions.GetTimeoutError):
            return {}

    def _outcome(self, reference: Any) -> dict[str, Any]:
        errors = self.ray.exceptions
        try:
            return self.ray.get(reference)
        except errors.OutOfMemoryError as error:
            return {"error": "out of memory: its node had none left; ask for more with --memory", "log": str(error)}
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.ObjectLostError) as error:
            return {"error": f"its node or worker was lost {RETRIES + 1} times", "log": str(error)}
        except errors.RayError as error:
            return {"error": " ".join(str(error).split())[-300:], "log": str(error)}


def work(snapshot: job.Snapshot, task: job.Task, board: Any) -> dict[str, Any]:
    """The Ray task of a run."""
    import ray

    node = f"{job.node()} {ray.get_runtime_context().get_node_id()[:4]}"
    outcome = job.work(snapshot, task, lambda seen: board.put.remote(task.run, {"node": node} | seen))
    return outcome | {"node": node}


def require_answer(address: str) -> None:
    """PipelineError if nothing listens at HOST:PORT, since Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise PipelineError(f"RAY_ADDRESS {address}: expected HOST:PORT, such as 10.0.0.1:6379, the cluster's head")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise PipelineError(f"RAY_ADDRESS {address}: {error}; is the head of the cluster running?") from error


@contextmanager
def connected(address: str | None) -> Iterator[Pool]:
    """A pool on the cluster at `address`, or on one that lives on this machine as long as the block."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray

    import tools.cluster

    if address:
        require_answer(address)
    ray.cloudpickle.register_pickle_by_value(tools.cluster)
    options = {} if address else {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, ValueError) as error:
        raise PipelineError(f"RAY_ADDRESS {address}: {str(error).splitlines()[0]}") from error
    try:
        yield Pool()
    finally:
        ray.shutdown()
