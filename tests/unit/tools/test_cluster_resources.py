"""What `make cluster` asks of a node for each run, and what it refuses, without Ray."""

from dataclasses import replace

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools.cluster import resources
from tools.cluster.resources import ResourceRequest

RUN = next(iter(params.load_params(ROOT / "params.yaml").runs.values()))
SMALL, LARGE = {"CPU": 4, "memory": 8e9}, {"CPU": 16, "memory": 32e9}
GPUS = {"CPU": 32, "GPU": 4, "memory": 128e9}


def with_threads(threads: int | str) -> params.Run:
    return replace(RUN, train=RUN.train.model_copy(update={"threads": threads}))


@pytest.mark.parametrize(
    ("threads", "nodes", "expected"),
    [
        ("auto", [LARGE, SMALL], ResourceRequest(4, 0, 7)),
        (2, [LARGE, SMALL], ResourceRequest(2, 0, 7)),
        ("auto", [{"CPU": 4, "memory": 6e9}], ResourceRequest(4, 0, 6)),
        ("auto", [SMALL, GPUS], ResourceRequest(8, 1, 7)),
        (2, [SMALL, GPUS], ResourceRequest(2, 1, 7)),
        ("auto", [{"CPU": 0, "memory": 8e9}, SMALL], ResourceRequest(4, 0, 7)),
    ],
    ids=["smallest node", "threads", "no more than there is", "a GPU's share", "a GPU's threads", "a head"],
)
def test_resources_follow_threads_and_hardware(
    threads: int | str, nodes: list[dict[str, float]], expected: ResourceRequest
) -> None:
    assert resources.requested_resources(with_threads(threads), nodes, ResourceRequest()) == expected


def test_what_no_node_has_is_refused_at_once() -> None:
    request = ResourceRequest(cpus=2, memory=9)
    assert resources.requested_resources(RUN, [LARGE], request) == ResourceRequest(2, 0, 9)
    with pytest.raises(PipelineError, match=r"lenet-plain: no node has 2 processors, 0 GPUs and 9\.0 GB of memory"):
        resources.requested_resources(RUN, [SMALL], request)
    with pytest.raises(PipelineError, match="has no node with a processor"):
        resources.requested_resources(RUN, [{"CPU": 0}], request)
