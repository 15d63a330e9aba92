"""What is chosen for a machine, on machines that need not be here."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipeline.config import params
from pipeline.dataset import batches
from pipeline.runtime import devices, session
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
def test_a_precision_asked_for_is_kept(precision, found):
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
def test_as_many_gpus_as_share_every_batch_evenly(gpus, sizes, used):
    assert devices.resolve_gpus([A100] * gpus, sizes) == [A100] * used


def test_every_run_can_use_eight_gpus():
    for name in params.load_params().runs:
        assert len(devices.resolve_gpus([A100] * 8, batches.batch_sizes(params.load_params().run(name).protocol))) == 8


def test_gpus_beyond_those_are_not_seen(capsys):
    seen, growing = [], []
    tf = SimpleNamespace(
        config=SimpleNamespace(
            list_physical_devices=lambda kind: ["a", "b", "c"],
            set_visible_devices=lambda devices, kind: seen.append((devices, kind)),
            experimental=SimpleNamespace(set_memory_growth=lambda device, on: growing.append((device, on))),
        )
    )
    found = session.select_gpus(tf, machine(V100, A100, A100), (64, 128))
    assert found == machine(V100, A100)
    assert seen == [(["a", "b"], "GPU")]
    assert growing == [("a", True), ("b", True), ("c", True)]
    assert "using 2 of 3 GPUs" in capsys.readouterr().out
    session.select_gpus(tf, machine(A100, A100, A100), (96, 192))
    assert len(seen) == 1


def test_threads():
    assert devices.resolve_threads("auto", machine(cores=6)) == 6
    assert devices.resolve_threads(2, machine(cores=6)) == 2
    assert devices.resolve_threads(16, machine(cores=6)) == 16


@pytest.mark.parametrize("found", [machine(), machine(bfloat16=["amx_bf16"])])
def test_convolutions_are_accelerated_on_a_processor(found):
    assert devices.resolve_fast_convolutions(found)


@pytest.mark.parametrize("found", [machine(UNKNOWN), machine(A100, A100)])
def test_on_gpus_convolutions_are_left_to_cudnn(found):
    assert not devices.resolve_fast_convolutions(found)


@pytest.mark.parametrize("set_to", ["0", "1"])
def test_a_session_says_whether_onednn_computes(set_to):
    """What TensorFlow says, not what was asked for: its builds for macOS have none. TF32 is off: it is not float32."""
    asked = "tf.config.experimental.tensor_float_32_execution_enabled()"
    code = "from pipeline import hardware; print(hardware.start('float32', 1, 0).onednn)"
    run = [sys.executable, "-c", f"{code}; import tensorflow as tf; print({asked})"]
    done = subprocess.run(run, env=os.environ | {session.ONEDNN: set_to}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(set_to == "1" and sys.platform == "linux"), "False"]


@pytest.mark.parametrize(("set_to", "wanted"), [(None, "1"), ("0", "0")])
def test_onednn_is_on_unless_somebody_turned_it_off(set_to, wanted, monkeypatch):
    monkeypatch.delenv(session.ONEDNN, raising=False)
    if set_to is not None:
        monkeypatch.setenv(session.ONEDNN, set_to)
    session.import_tensorflow()
    assert os.environ[session.ONEDNN] == wanted


def test_this_machine():
    found = session.detect_hardware(session.import_tensorflow())
    assert found.cores >= 1
    assert found.processor
    assert found.bfloat16 <= {"amx_bf16", "avx512_bf16"}


def test_the_first_processor_of_several(tmp_path, monkeypatch):
    lines = "processor\t: {}\nmodel name\t: Chip {}\nflags\t\t: fpu amx_bf16 sse\npower management:\n"
    (tmp_path / "cpuinfo").write_text("\n".join(lines.format(i, i) for i in (0, 1)))
    monkeypatch.setattr(session, "CPU_INFO", tmp_path / "cpuinfo")
    assert session._cpu_info()["model name"] == "Chip 0"
    assert "amx_bf16" in session._cpu_info()["flags"].split()
    monkeypatch.setattr(session, "CPU_INFO", tmp_path / "nothing")
    assert session._cpu_info() == {}
