"""Paths of the project's files and folders."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARAMS_FILE = Path("params.yaml")
RAW = ROOT / "data/raw"
PROCESSED = ROOT / "data/processed"
STRESS = ROOT / "data/stress"
PUBLISHED = ROOT / "data/published"
RESULTS = ROOT / "results"
RUNS = RESULTS / "runs"
CHAMPION = ROOT / "champion"
CHECKPOINTS = ".checkpoints"  # below `repo_root`


def runs_dir(root: Path) -> Path:
    """The folder of all runs' results in the checkout at `root`."""
    return root / RUNS.relative_to(ROOT)


def run_dir(run: str, root: Path = ROOT) -> Path:
    """The folder of one run's results in the checkout at `root`."""
    return runs_dir(root) / run


def repo_root() -> Path:
    """The user's repository; in a temporary DVC experiment it is not the working directory."""
    return Path(os.environ.get("DVC_ROOT", ROOT))
