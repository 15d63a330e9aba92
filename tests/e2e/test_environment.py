"""The smallest real pipeline, in an environment where everything is set that has ever done harm: the same bytes."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import Workspace
from tests.unit.core.test_environment import ENVIRONMENTS

pytestmark = pytest.mark.slow

RUN = "lenet-dropout"
UNNAMED = ("unshare", "--user", "--map-user=1234", "--map-group=1234")  # a user id that is not in passwd
ONLY_ACTIVATED = ("PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONHOME", "PYTHONSAFEPATH")  # Python has obeyed them by then


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, str]:
    """Every variable of the unit tests at once, and files of settings that they name."""
    (tmp_path / ".config/matplotlib").mkdir(parents=True)
    (tmp_path / ".config/matplotlib/matplotlibrc").write_text("savefig.dpi: 31\nfont.size: 30\n")
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text('{"floatx": "float16", "image_data_format": "channels_first"}')
    (tmp_path / "packages/models").mkdir(parents=True)
    (tmp_path / "packages/models/__init__.py").write_text("raise SystemExit('another package')")
    return {
        **{name: value for each in ENVIRONMENTS.values() for name, value in each.items() if value and name != "PATH"},
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "KERAS_HOME": str(tmp_path / ".keras"),
        "PYTHONPATH": str(tmp_path / "packages"),
        "LC_ALL": "C",
        "TZ": "Asia/Kolkata",
    }


def without(environ: dict[str, str], *names: str) -> list[str]:
    """A command that runs another in exactly this environment, without `names`."""
    return ["env", "-i", *(f"{name}={value}" for name, value in environ.items() if name not in names)]


def unnamed() -> tuple[str, ...]:
    """The prefix that gives a command a user id without a name; empty where the system does not allow it."""
    try:
        return UNNAMED if subprocess.run([*UNNAMED, "true"], capture_output=True, check=False).returncode == 0 else ()
    except FileNotFoundError:
        return ()


def test_an_activated_environment_and_dvc_repro(finished: Workspace, untrained: Workspace, hostile: dict) -> None:
    activate = f"{shlex.quote(sys.executable)} -I {shlex.quote(str(untrained.root / 'pipeline/core/environment.py'))}"
    script = f'eval "$({activate})"; exec dvc repro draw@{RUN}'
    account = ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME")
    untrained.run(*without(untrained.environment(hostile), *account), *unnamed(), "sh", "-c", script)
    assert untrained.contents(RUN) == finished.contents(RUN)


def test_modules_called_directly(finished: Workspace, untrained: Workspace, hostile: dict) -> None:
    environ = without(untrained.environment(hostile), *ONLY_ACTIVATED)
    done = untrained.run(*environ, sys.executable, "-m", "pipeline.train", RUN)
    assert "Traceback" not in done.stderr
    trained = untrained.contents(RUN)
    assert {"model.keras", "history.csv"} <= trained.keys()
    assert trained.items() <= finished.contents(RUN).items()
