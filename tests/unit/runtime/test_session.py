"""TensorFlow set up for this machine."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipeline.runtime import session
from pipeline.runtime.devices import Gpu, Hardware

V100 = Gpu("Tesla V100-SXM2-16GB", (7, 0))
A100 = Gpu("NVIDIA A100-SXM4-40GB", (8, 0))


def test_select_gpus_hides_the_others(capsys):
    seen, growing = [], []
    tf = SimpleNamespace(
        config=SimpleNamespace(
            list_physical_devices=lambda kind: ["a", "b", "c"],
            set_visible_devices=lambda devices, kind: seen.append((devices, kind)),
            experimental=SimpleNamespace(set_memory_growth=lambda device, on: growing.append((device, on))),
        )
    )
    found = session.select_gpus(tf, Hardware("a processor", 8, frozenset(), (V100, A100, A100)), (64, 128))
    assert found == Hardware("a processor", 8, frozenset(), (V100, A100))
    assert seen == [(["a", "b"], "GPU")]
    assert growing == [("a", True), ("b", True), ("c", True)]
    assert "using 2 of 3 GPUs" in capsys.readouterr().out
    session.select_gpus(tf, Hardware("a processor", 8, frozenset(), (A100, A100, A100)), (96, 192))
    assert len(seen) == 1


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_session_reports_onednn(value):
    """The session reports what TensorFlow uses: its builds for macOS have no oneDNN. TF32 is off in every session."""
    tf32 = "tf.config.experimental.tensor_float_32_execution_enabled()"
    code = "from pipeline.runtime.session import start_session; print(start_session('float32', 1, 0).onednn)"
    run = [sys.executable, "-c", f"{code}; import tensorflow as tf; print({tf32})"]
    done = subprocess.run(
        run, env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": value}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(value == "1" and sys.platform == "linux"), "False"]


def test_detect_hardware():
    found = session.detect_hardware(session.import_tensorflow())
    assert found.cores >= 1
    assert found.processor
    assert found.bfloat16 <= {"amx_bf16", "avx512_bf16"}


def test_cpu_info_is_of_the_first_processor(tmp_path, monkeypatch):
    lines = "processor\t: {}\nmodel name\t: Chip {}\nflags\t\t: fpu amx_bf16 sse\npower management:\n"
    (tmp_path / "cpuinfo").write_text("\n".join(lines.format(i, i) for i in (0, 1)))
    monkeypatch.setattr(session, "CPU_INFO", tmp_path / "cpuinfo")
    assert session._cpu_info()["model name"] == "Chip 0"
    assert "amx_bf16" in session._cpu_info()["flags"].split()
    monkeypatch.setattr(session, "CPU_INFO", tmp_path / "nothing")
    assert session._cpu_info() == {}
