"""`dvc.yaml` against the code: a stage depends on exactly the modules that it imports."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.files import ROOT

PACKAGES = ("models", "pipeline")
OUTSIDE = "pipeline/tracking/"  # what MLflow shows has no effect on results
REGISTRY = "models/__init__.py"  # imports every architecture, of which a run uses one
OWN_ARCHITECTURE = "models/${item.architecture}.py"
STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def body(stage):
    """A stage's definition, the same for all runs."""
    return stage.get("do", stage)


def names(entries):
    """Paths in a list of dvc.yaml, whose entries may have options."""
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]


def path_of(entry):
    """The path of an entry of dvc.yaml."""
    return names([entry])[0]


def code(stage):
    """The modules that a stage declares."""
    return {path for path in names(body(stage)["deps"]) if path.endswith(".py")}


def imported(path):
    """The project's modules that a file imports itself, also inside functions, and the packages that they are in."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    dotted = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            dotted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    inside = [name.split(".") for name in dotted if name.split(".")[0] in PACKAGES]
    files = {file for parts in inside for length in range(1, len(parts) + 1) for file in module(parts[:length])}
    return files - {path}


def module(parts):
    """The file of a module or package that has any code; no file for a name inside a module."""
    for path in (Path(*parts).with_suffix(".py"), Path(*parts, "__init__.py")):
        if (ROOT / path).is_file() and has_code(ROOT / path):
            yield path.as_posix()


def has_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in tree.body)


def closure(start):
    """`start` and every module that is imported on its behalf; the registry stands for the run's own architecture."""
    found, left = set(), {start}
    while left:
        path = left.pop()
        if path.startswith(OUTSIDE) or path in found:
            continue
        found.add(path)
        further = imported(path)
        if path == REGISTRY:
            further = set().union(*(imported(architecture) for architecture in further))
        left |= further
    return (found - {REGISTRY}) | ({OWN_ARCHITECTURE} if REGISTRY in found else set())


def test_every_stage_is_a_module_of_the_same_name():
    for name, stage in STAGES.items():
        assert body(stage)["cmd"] == f"python -m pipeline.{name}" + (" ${key}" if "foreach" in stage else "")
    assert [name for name, stage in STAGES.items() if "foreach" in stage] == ["train", "evaluate"]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_exactly_the_modules_that_it_imports(name):
    declared, wanted = code(STAGES[name]), closure(f"pipeline/{name}.py")
    assert sorted(wanted - declared) == [], f"{name} imports these and does not depend on them"
    assert sorted(declared - wanted) == [], f"{name} depends on these and does not import them"


@pytest.mark.parametrize("name", STAGES)
def test_nothing_is_declared_twice_and_every_declared_module_exists(name):
    deps = names(body(STAGES[name])["deps"])
    assert len(deps) == len(set(deps))
    assert [path for path in code(STAGES[name]) - {OWN_ARCHITECTURE} if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_writes_below_data_or_results_only(name):
    stage = body(STAGES[name])
    for kind in ("outs", "metrics", "plots"):
        for path in names(stage.get(kind, [])):
            assert path.startswith(("data/", "results/")), path
            assert ".." not in path


@pytest.mark.parametrize("name", STAGES)
def test_texts_and_pictures_are_in_git_and_everything_else_is_in_the_cache(name):
    stage = body(STAGES[name])
    for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
        assert isinstance(entry, dict), f"{entry}: cache: false is missing"
        (options,) = entry.values()
        assert options["cache"] is False, entry
    for entry in stage.get("outs", []):  # here, cache: false would switch off DVC's run cache for the stage
        options = next(iter(entry.values())) if isinstance(entry, dict) else {}
        assert options.get("cache", True) or path_of(entry) in ("results/report.html", "results/report.md"), entry


def test_architectures_import_nothing_but_the_words_they_are_written_in():
    for path in imported(REGISTRY):
        assert imported(path) == {"models/layers.py", REGISTRY}


def test_imports_are_found_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    contents = {
        "models/__init__.py": "from models import small",
        "models/small.py": "from models.words import Conv",
        "models/words.py": "Conv = 1",
        "pipeline/__init__.py": '"""Nothing but words."""',
        "pipeline/sub/__init__.py": "ANYTHING = 1",
        "pipeline/sub/one.py": "import numpy",
        "pipeline/inner.py": "import pipeline.sub.one",
        "pipeline/tracking/log.py": "import pipeline.unseen",
        "pipeline/unseen.py": "",
        "pipeline/start.py": "import models\nfrom pipeline.tracking import log\n"
        "def main():\n    from pipeline.inner import thing",
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert closure("pipeline/start.py") == {
        "models/${item.architecture}.py",
        "models/words.py",
        "pipeline/inner.py",
        "pipeline/start.py",
        "pipeline/sub/__init__.py",
        "pipeline/sub/one.py",
    }
