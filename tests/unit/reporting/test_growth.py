"""The report takes as long for each run among many as among few."""

import cProfile
import pstats
from pathlib import Path

from pipeline.reporting import markdown, results
from pipeline.reporting.analysis import analyze
from pipeline.reporting.published import load_published
from tests.support import study


def count_calls(folder: Path, number: int) -> int:
    """Function calls that a report on so many seeds of a run takes; unlike seconds, the same on every machine."""
    names = [f"lenet-dropout-{seed}" for seed in range(number)]
    for seed, name in enumerate(names):
        study.write_run(folder, name, images=50, errors=3 + seed % 5, seed=seed)
    with cProfile.Profile() as profile:
        markdown.markdown_report(analyze(*results.load(names, folder), load_published()))
    return pstats.Stats(profile).total_calls


def test_each_further_run_takes_as_many_calls(tmp_path: Path) -> None:
    count_calls(tmp_path / "imports", 2)
    few, more, many = (count_calls(tmp_path / str(number), number) for number in (5, 10, 20))
    assert (many - more) / 10 < 1.2 * (more - few) / 5
