"""The error message about an invalid `params.yaml`."""

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tests.support.params_text import TEXT

COMMON = "protocols.quick.common"


def message_after(folder, old, new):
    """The error message when one part of the valid file is replaced."""
    assert old in TEXT
    (folder / "params.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return error_message(folder / "params.yaml")


def error_message(path):
    """The error message about a file."""
    with pytest.raises(PipelineError) as caught:
        params.load_params(path)
    return str(caught.value)
