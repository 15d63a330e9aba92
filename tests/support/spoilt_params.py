"""What is said of a `params.yaml` that a test spoilt."""

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tests.support.params_text import TEXT

COMMON = "protocols.quick.common"


def spoilt(folder, old, new):
    """The message about `params.yaml` when one text in it is replaced by another."""
    assert old in TEXT
    (folder / "params.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return refused(folder / "params.yaml")


def refused(path):
    """The message about a file that cannot be loaded."""
    with pytest.raises(PipelineError) as caught:
        params.load_params(path)
    return str(caught.value)
