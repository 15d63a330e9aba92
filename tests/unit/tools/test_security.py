"""What SECURITY.md promises, where no other test shows it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core.paths import ROOT

UNPICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
SAFELY = {
    "np.load": ("allow_pickle", False),
    "keras.saving.load_model": ("safe_mode", True),
}
EXECUTING = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "torch.load"}
EXECUTING |= {"mlflow.keras.load_model", "mlflow.pyfunc.load_model"}  # the folder says what is loaded


def sources() -> list[Path]:
    return [path for folder in ("models", "pipeline", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]


def calls(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Every call in a file: what is called, and its keyword arguments, and entries of those, that are constants."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords}
            for one in [value for value in given.values() if isinstance(value, ast.Dict)]:
                entries = zip(one.keys, one.values, strict=True)
                given |= {key.value: value for key, value in entries if isinstance(key, ast.Constant)}
            constants = {word: value.value for word, value in given.items() if isinstance(value, ast.Constant)}
            yield ast.unparse(node.func), constants


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_or_executed_and_no_shell_is_asked(path: Path) -> None:
    assert not imported(path) & UNPICKLERS
    for name, constants in calls(path):
        if name in SAFELY:
            word, value = SAFELY[name]
            assert constants.get(word) is value, f"{name} without {word}={value}"
        assert name not in EXECUTING
        assert constants.get("shell") is not True, f"{name} asks a shell"
        assert constants.get("verify") is not False, f"{name} does not verify certificates"


def test_the_test_above_sees_what_is_forbidden(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("import joblib.x\nfrom pickle import load\nnp.load(f, allow_pickle=True)\nos.system('x')\n")
    assert imported(path) == {"joblib", "pickle"}
    assert list(calls(path)) == [("np.load", {"allow_pickle": True}), ("os.system", {})]


def test_models_and_arrays_are_loaded_somewhere() -> None:
    named = {name for path in sources() for name, _ in calls(path)}
    assert SAFELY.keys() <= named


def test_the_comparison_is_served_to_this_machine_only(tmp_path: Path) -> None:
    """The command that `make ui` becomes, given to a stand-in for MLflow."""
    command = tmp_path / "mlflow"
    command.write_text('#!/bin/sh\necho "$@"\n')
    command.chmod(0o755)
    make = (
        "import sqlite3, sys; from pathlib import Path; from tools import ui; ui.DATABASE = Path(sys.argv[1]);"
        " database = sqlite3.connect(ui.DATABASE); database.executescript('''"
        "CREATE TABLE experiments (experiment_id, name, artifact_location, lifecycle_stage);"
        "CREATE TABLE experiment_tags (experiment_id, key);"
        "CREATE TABLE alembic_version AS SELECT '0584bdc529eb' AS version_num;"
        "INSERT INTO experiments VALUES (1, 'mnist', 'mlflow-artifacts:/1', 'active')'''); database.commit();"
        " import argparse; ui.main(argparse.Namespace(port=None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", make, str(tmp_path / "mlflow.db")],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.splitlines()[-1].split()
    assert words[0] == "ui"
    assert words[words.index("--host") + 1] == "127.0.0.1"


def test_actions_of_the_workflows_are_pinned_by_digest() -> None:
    texts = [path.read_text() for path in ROOT.glob(".github/workflows/*.yml")]
    used = re.findall(r"uses: (\S+)", "".join(texts))
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []
