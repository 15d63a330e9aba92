"""`dvc.yaml` against the code: a stage depends on exactly the modules that it imports."""

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from tests.support import module_graph
from tests.support.module_graph import OWN_ARCHITECTURE, REGISTRY, closure, imported

STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def body(stage):
    """A stage's definition, the same for all runs."""
    return stage.get("do", stage)


def path_of(entry):
    """The path of an entry in a list of dvc.yaml, which may have options."""
    return next(iter(entry)) if isinstance(entry, dict) else entry


def names(entries):
    """The paths in a list of dvc.yaml."""
    return [path_of(entry) for entry in entries]


def code(stage):
    """The modules that a stage declares."""
    return {path for path in names(body(stage)["deps"]) if path.endswith(".py")}


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
    monkeypatch.setattr(module_graph, "ROOT", tmp_path)
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
