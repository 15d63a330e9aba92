"""Three simulated nodes on this machine, and what a sequential `dvc repro` gives."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import workspace
from tests.support.workspace import Workspace

LENET = {"architecture": "lenet", "pooling": True, "dropout": True, "batch_norm": False}
LONG = {"epochs": 3, "training_images": 320, "batch_size": 8}
RUNS = {"lenet-a": LENET, "lenet-b": LENET | {"seed": 7}, "lenet-long": LENET | LONG}
BROKEN = LENET | {"training_images": 9999}  # more than there are
NODE = {"num_cpus": 2, "num_gpus": 0, "memory": 10**9, "object_store_memory": 10**8, "node_ip_address": "127.0.0.1"}
LOOPBACK = {  # for this process and those that it starts
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # what makes Ray keep 127.0.0.1 as it is
}


class Nodes:
    """A Ray cluster of three nodes, each as large as a run, and a head that takes none."""

    def __init__(self, **settings: object) -> None:
        os.environ |= LOOPBACK
        from ray.cluster_utils import Cluster

        head = NODE | {"num_cpus": 0, "include_dashboard": False, "_system_config": settings}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(3):
            self.cluster.add_node(**NODE)

    @property
    def address(self) -> str:
        return self.cluster.address

    def kill(self, beginning: str) -> None:
        """Kill the node whose id begins so, and put another in its place."""
        (node,) = (node for node in self.cluster.worker_nodes if node.node_id.startswith(beginning))
        self.cluster.remove_node(node, allow_graceful=False)
        self.cluster.add_node(**NODE)


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    made = Nodes(health_check_period_ms=500, health_check_timeout_ms=30000)
    yield made
    made.cluster.shutdown()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with prepared data in which nothing has trained."""
    made = workspace.make(tmp_path_factory.mktemp("prepared"))

    def change(values: dict) -> None:
        values["runs"] = RUNS
        values["protocols"]["fast"]["common"]["epochs"] = 1

    made.edit(change)
    made.run("dvc", "repro", "corrupt")
    return made


@pytest.fixture(scope="session")
def sequential(prepared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which `dvc repro` has run, and then sync, as in `make repro`."""
    made = prepared.copy(tmp_path_factory.mktemp("sequential") / "work")
    made.run("dvc", "repro")
    made.run("python", "-m", "tools.sync")
    return made


@pytest.fixture
def untrained(prepared: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of that workspace."""
    yield prepared.copy(tmp_path / "work")
    shutil.rmtree(tmp_path / "work")
