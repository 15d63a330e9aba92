"""What is set around this project does not reach it, whatever it is."""

import json
import os
import pwd
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core import environment
from pipeline.core.paths import ROOT

PLAIN = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/home/ada", "LOGNAME": "ada"}
ENVIRONMENTS = {
    "a notebook": {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    "matplotlib's settings": {"MATPLOTLIBRC": "/home/ada/matplotlibrc"},
    "another backend of Keras": {"KERAS_BACKEND": "torch"},
    "keras.json": {"KERAS_HOME": "/home/ada/.keras"},
    "Keras 2": {"TF_USE_LEGACY_KERAS": "1"},
    "fewer epochs": {"KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1"},
    "an outer DVC stage": {"DVC_ROOT": "/home/ada/other", "DVC_STAGE": "train"},
    "an outer DVC experiment": {"DVC_ROOT": "/other", "DVC_EXP_NAME": "x", "DVC_EXP_BASELINE_REV": "1234"},
    "a shared site cache": {"DVC_SITE_CACHE_DIR": "/var/tmp/dvc"},
    "no current folder": {"PYTHONSAFEPATH": "1"},
    "other packages": {"PYTHONPATH": "/opt/ros/lib/python3", "PYTHONHOME": "/opt/python"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "no docstrings": {"PYTHONOPTIMIZE": "2"},
    "an interactive end": {"PYTHONINSPECT": "1"},
    "an ASCII terminal": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "a git hook": {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index.lock", "GIT_PREFIX": "sub/"},
    "pickles allowed": {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true"},
    "no oneDNN, said": {},
    "not activated": {"PATH": "/usr/bin:/bin"},
    "no home": {"HOME": None, "LOGNAME": "ada"},
}


def entered(variables: dict[str, str | None]) -> dict[str, str]:
    """The environment after the changes to a plain one with `variables`."""
    environ = {name: value for name, value in (PLAIN | variables).items() if value is not None}
    left = environ | environment.changes(environ)
    return {name: value for name, value in left.items() if value is not None}


@pytest.mark.parametrize("variables", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_every_environment_becomes_the_plain_one(variables: dict[str, str | None]) -> None:
    ignored = {"HOME"} if variables.get("HOME", "") is None else set()
    expected, found = entered({}), entered(variables)
    assert {name: found.get(name) for name in found.keys() - ignored} == {
        name: expected.get(name) for name in expected.keys() - ignored
    }
    assert environment.changes(found) == {}


def test_an_own_experiment_is_believed_and_an_outer_one_is_not(tmp_path: Path, monkeypatch) -> None:
    root = tmp_path / "mnist"
    temporary = root / ".dvc/tmp/exps/tmp1/mnist"
    for folder in (root, temporary):
        (folder / "pipeline/core").mkdir(parents=True)
        (folder / "pipeline/core/environment.py").touch()
    of_stage = {"DVC_ROOT": str(root), "DVC_STAGE": "train", "DVC_EXP_NAME": "x"}
    for project, believed in ((root, True), (temporary, True), (tmp_path / "elsewhere", False)):
        monkeypatch.setattr(environment, "PROJECT", project)
        monkeypatch.setattr(environment, "__file__", str(project / "pipeline/core/environment.py"))
        found = entered(of_stage)
        assert ("DVC_STAGE" in found, "DVC_EXP_NAME" in found) == (believed, believed)
        assert found["DVC_SITE_CACHE_DIR"] == str((root if believed else project) / ".site-cache")


def test_a_user_id_without_a_name_or_home_gets_both(monkeypatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    found = environment.changes({"PATH": PLAIN["PATH"]})
    assert (found["LOGNAME"], found["HOME"]) == (f"uid-{os.getuid()}", "/nonexistent")


def test_what_a_user_may_set_stays_and_what_changes_bits_is_recorded() -> None:
    chosen = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "0", "CUDA_VISIBLE_DEVICES": "1", "LANG": "de_DE"}
    bits = {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_XLA_FLAGS": "--tf_xla_auto_jit=2"}
    found = entered(chosen | bits | {"TF_VAR_password": "secret"})
    assert (chosen | bits).items() <= found.items()
    assert environment.numerical_settings(found) == bits


def test_the_site_cache_is_private_and_emptied_if_others_could_write_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    environment.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "kept").touch()
    environment.make_private(folder)
    assert (folder / "kept").exists()
    folder.chmod(0o777)
    (folder / "planted").touch()
    environment.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.rglob("*")) == [folder]
    folder.rmdir()
    (tmp_path / "other").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "other")
    environment.make_private(folder)
    assert not folder.is_symlink()


def test_a_shell_gets_the_same_changes() -> None:
    variables = PLAIN | ENVIRONMENTS["a notebook"] | ENVIRONMENTS["an outer DVC stage"] | {"PYTHONPATH": "it's $(x)"}
    script = f'eval "$({shlex.quote(sys.executable)} -I pipeline/core/environment.py)"; {shlex.quote(sys.executable)}'
    show = " -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(
        ["sh", "-c", script + show], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    expected = {
        name: value for name, value in (variables | environment.changes(variables)).items() if value is not None
    }
    assert expected.items() <= found.items()
    assert not environment.changes(variables).keys() - expected.keys() & found.keys()


@pytest.mark.parametrize("module", ["pipeline", "tools"])
def test_importing_a_package_enters(module: str) -> None:
    code = f"import os, {module}; print(os.environ.get('MPLBACKEND'), os.environ['KERAS_BACKEND'])"
    environ = os.environ | {"MPLBACKEND": "module://x", "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "None tensorflow\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_opened_so_that_no_file_takes_their_place(tmp_path: Path, closed: str) -> None:
    code = (
        "import pipeline, os, sys; number = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT); print('x');"
        " print('y', file=sys.stderr); os.write(number, str(number > 2).encode())"
    )
    shell = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {shlex.quote(str(tmp_path / 'file'))} {closed}"
    assert subprocess.run(["sh", "-c", shell], cwd=ROOT, check=False).returncode == 0
    assert (tmp_path / "file").read_text() == "True"


@pytest.mark.parametrize(("level", "status"), [("1", 0), ("2", 1)])
def test_a_python_without_docstrings_is_named_in_one_line(level: str, status: int) -> None:
    environ = os.environ | {"PYTHONOPTIMIZE": level}
    done = subprocess.run(
        [sys.executable, "-c", "import pipeline"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert done.stderr.startswith("error: PYTHONOPTIMIZE=2" if status else "")
    assert done.stderr.count("\n") == status


def test_text_that_a_terminal_cannot_show_is_escaped() -> None:
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", "import pipeline; print('José')"], cwd=ROOT, env=environ, capture_output=True, check=True
    )
    assert done.stdout == b"Jos\\xe9\n"


def test_a_reader_that_goes_away_ends_a_command_in_silence() -> None:
    code = (
        "from pipeline.core import errors; import argparse;"
        " errors.run_command(lambda _: [print('x' * 99) for _ in range(9999)], argparse.ArgumentParser())"
    )
    shell = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} | head -1"
    done = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("x" * 99 + "\n", "")
