"""Settings resolved for machines other than this one."""

import pytest

from pipeline.config import params
from pipeline.dataset import batches
from pipeline.runtime import devices
from pipeline.runtime.devices import Gpu, Hardware

V100 = Gpu("Tesla V100-SXM2-16GB", (7, 0))
A100 = Gpu("NVIDIA A100-SXM4-40GB", (8, 0))
P100 = Gpu("Tesla P100-PCIE-16GB", (6, 0))
UNKNOWN = Gpu("/physical_device:GPU:0", (0, 0))


def machine(*gpus, bfloat16=(), cores=8):
    return Hardware("a processor", cores, frozenset(bfloat16), gpus)


@pytest.mark.parametrize(
    ("found", "precision"),
    [
        (machine(), "float32"),
        (machine(bfloat16=["amx_bf16"]), "mixed_bfloat16"),
        (machine(bfloat16=["avx512_bf16"]), "mixed_bfloat16"),
        (machine(P100, bfloat16=["amx_bf16"]), "float32"),
        (machine(V100), "mixed_float16"),
        (machine(A100), "mixed_bfloat16"),
        (machine(A100, A100), "mixed_bfloat16"),
        (machine(A100, V100), "float32"),
        (machine(V100, V100), "float32"),
        (machine(A100, P100), "float32"),
        (machine(A100, UNKNOWN), "float32"),
        (machine(UNKNOWN), "float32"),
        (machine(Gpu("a GPU to come", (12, 0))), "mixed_bfloat16"),
    ],
)
def test_auto_precision(found, precision):
    assert devices.resolve_precision("auto", found) == precision


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("found", [machine(), machine(A100), machine(UNKNOWN, bfloat16=["amx_bf16"])])
def test_a_requested_precision_is_kept(precision, found):
    assert devices.resolve_precision(precision, found) == precision


@pytest.mark.parametrize(
    ("gpus", "sizes", "used"),
    [
        (0, (64, 24_000, 200, 5_000), 0),
        (1, (63, 24_001, 200, 999), 1),
        (2, (64, 24_000, 200, 5_000), 2),
        (3, (64, 24_000, 200, 5_000), 2),
        (3, (96, 24_000, 300, 6_000), 3),
        (4, (64, 24_000, 200, 5_000), 4),
        (4, (64, 24_002, 200, 5_000), 2),
        (8, (64, 24_000, 200, 5_000), 8),
        (8, (64, 24_000, 200, 5_001), 1),
        (3, (), 3),
    ],
)
def test_the_number_of_gpus_divides_every_batch(gpus, sizes, used):
    assert devices.resolve_gpus([A100] * gpus, sizes) == [A100] * used


def test_every_run_can_use_eight_gpus():
    for run in params.load_params().runs.values():
        assert len(devices.resolve_gpus([A100] * 8, batches.batch_sizes(run.train))) == 8


def test_threads():
    assert devices.resolve_threads("auto", machine(cores=6)) == 6
    assert devices.resolve_threads(2, machine(cores=6)) == 2
    assert devices.resolve_threads(16, machine(cores=6)) == 16


@pytest.mark.parametrize("found", [machine(), machine(bfloat16=["amx_bf16"])])
def test_fast_convolutions_on_cpus(found):
    assert devices.resolve_fast_convolutions(found)


@pytest.mark.parametrize("found", [machine(UNKNOWN), machine(A100, A100)])
def test_no_fast_convolutions_on_gpus(found):
    assert not devices.resolve_fast_convolutions(found)
