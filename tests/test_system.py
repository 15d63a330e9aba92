"""Samples of the machine's load."""

import time

from pipeline import system


def test_a_sample_a_second_from_where_the_training_stood(monkeypatch):
    monkeypatch.setattr(system, "INTERVAL", 0.05)
    samples = []
    with system.sampled(samples, 100.0):
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


def test_a_minute_has_a_curve_and_a_long_run_not_too_many():
    assert system.INTERVAL == 1.0
    assert system.MOST == 240


def test_of_too_many_every_other_is_left_out(monkeypatch):
    monkeypatch.setattr(system, "INTERVAL", 0.005)
    monkeypatch.setattr(system, "MOST", 8)
    samples = []
    with system.sampled(samples, 0.0):
        time.sleep(1)
    assert 4 <= len(samples) < 8
