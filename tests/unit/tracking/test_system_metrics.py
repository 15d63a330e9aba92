"""Samples of the machine's load."""

import sys
import time
from types import SimpleNamespace

import pytest

from pipeline.tracking import system_metrics


def test_samples_continue_from_the_elapsed_time(monkeypatch):
    monkeypatch.setattr(system_metrics, "INTERVAL", 0.05)
    samples = []
    with system_metrics.sample_system_metrics(samples, 100.0):
        time.sleep(1)
    taken = list(samples)
    assert len(taken) >= 3
    assert {"cpu_utilization_percentage", "system_memory_usage_percentage", "process_memory_megabytes"} < set(taken[0])
    seconds = [sample["at"] for sample in taken]
    assert 100.0 <= seconds[0] <= seconds[-1]
    assert seconds == sorted(seconds)
    assert all(0 <= sample["cpu_utilization_percentage"] <= 100 for sample in taken)
    time.sleep(0.2)
    assert samples == taken


def test_one_sample_a_second_and_at_most_240():
    assert system_metrics.INTERVAL == 1.0
    assert system_metrics.MAX_SAMPLES == 240


def test_too_many_samples_are_thinned_out(monkeypatch):
    monkeypatch.setattr(system_metrics, "INTERVAL", 0.005)
    monkeypatch.setattr(system_metrics, "MAX_SAMPLES", 8)
    samples = []
    with system_metrics.sample_system_metrics(samples, 0.0):
        time.sleep(1)
    assert 4 <= len(samples) < 8


class Library:
    """Stands for pynvml on a machine with one GPU that reports its load and one that does not."""

    class NVMLError(Exception):
        """What pynvml raises for everything."""

    def nvmlInit(self):
        """Nothing to do."""

    def nvmlDeviceGetCount(self):
        return 2

    def nvmlDeviceGetHandleByIndex(self, index):
        return index

    def nvmlDeviceGetUtilizationRates(self, handle):
        if handle == 1:
            raise self.NVMLError("Not Supported")
        return SimpleNamespace(gpu=87)

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(used=12_345_678_901)


def test_a_gpu_that_reports_nothing_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", Library())
    sample = system_metrics._reader()()
    of_gpus = {name: value for name, value in sample.items() if name.startswith("gpu")}
    assert of_gpus == {"gpu_0_utilization_percentage": 87, "gpu_0_memory_usage_megabytes": 12345.7}


@pytest.mark.parametrize("call", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex"])
def test_a_failing_driver_does_not_stop_sampling(monkeypatch, call):
    library = Library()

    def fail(*_):
        raise library.NVMLError("Driver/library version mismatch")

    setattr(library, call, fail)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert not [name for name in system_metrics._reader()() if name.startswith("gpu")]
