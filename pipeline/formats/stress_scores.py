"""Rows of stress.csv, which `pipeline/stress/score.py` writes: the answers to one corruption in one severity."""

from collections.abc import Mapping
from typing import Any

import numpy as np

OTHER_SOURCE = "other_source"  # instead of a corruption


def right_answers(row: Mapping[str, Any]) -> np.ndarray:
    """Whether each prediction of a row is right; bool (N,)."""
    return np.array(list(row["actual"])) == np.array(list(row["predicted"]))
