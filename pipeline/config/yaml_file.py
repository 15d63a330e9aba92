"""Read a YAML file; every error in it is a PipelineError of one line."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent

from pipeline.config.validation import config_error
from pipeline.core.errors import PipelineError
from pipeline.core.paths import PARAMS_FILE

MAX_LENGTH = 3000  # characters of a value; Python does not print integers of more than 4300 digits


def read_values(path: Path) -> Any:
    """The content of a params.yaml, not validated; aliases are refused."""
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _StrictComposer
    try:
        return reader.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; restore it with `git checkout {PARAMS_FILE}`") from None
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise config_error((), f"byte {error.start} is not UTF-8 text") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise config_error((), f"line {mark.line + 1}: {error.problem}" if mark else f"{error.problem}") from None
    except (YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        raise config_error((), f"cannot be read as YAML: {' '.join(str(error).split())}") from None


class _StrictComposer(Composer):
    """Refuses very long values, and aliases: a few lines with them can stand for more values than fit into memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            problem = f"aliases such as *{event.anchor} are not supported; repeat the value"
        elif isinstance(event, ScalarEvent) and len(event.value) > MAX_LENGTH:
            problem = f"found a value of {len(event.value)} characters, expected at most {MAX_LENGTH}"
        else:
            return super().compose_node(parent, index)
        raise ComposerError(None, None, problem, event.start_mark)
