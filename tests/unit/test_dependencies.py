"""`dvc.yaml` against the code: a stage depends on the code that can change its outputs, and on no other."""

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from tests.support import module_graph
from tests.support.module_graph import closure, imported

STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
MAX_CODE_DEPS = {"fetch": 6, "preprocess": 6, "corrupt": 7, "train": 10, "evaluate": 7, "draw": 13, "report": 6}
TEXTS_UNDER_OUTS = {f"results/{name}" for name in ("curves.csv", "report.html", "report.md", "runs/${key}/card.md")}
OWN_ARCHITECTURE = "models/${item.architecture}.py"
ARCHITECTURES = {path for path in imported("models/registry.py") if imported(path) == {"models/layers.py"}}

# Code that a stage imports and that cannot change a byte of its outputs: why, and the test that proves it.
SAFE = {
    "pipeline/__init__.py": "the same bytes in any environment: e2e/test_environment.py",
    "pipeline/core/": "words of errors, paths, atomic writes, git: e2e/test_safe_code.py replaces them",
    "pipeline/config/": "the settings it reads are params of the stage: e2e/test_safe_code.py compares them",
    "pipeline/resume/": "interrupted and uninterrupted trainings end in the same bytes: e2e/test_interrupted.py",
    "pipeline/tracking/": "MLflow shows what the files say: e2e/test_safe_code.py replaces it",
    "models/registry.py": "the run's own architecture is a dependency: test_an_architecture_is_a_list_of_layers",
}
SAFE_FOR = {
    "fetch": {
        "pipeline/raw/sources.py": "fetch keeps only what has the declared SHA-256: unit/stages/test_fetch.py",
    },
}


def body(stage):
    """A stage's definition, the same for all runs."""
    return stage.get("do", stage)


def path_of(entry):
    """The path of an entry in a list of dvc.yaml, which may have options."""
    return next(iter(entry)) if isinstance(entry, dict) else entry


def names(entries):
    """The paths in a list of dvc.yaml."""
    return [path_of(entry) for entry in entries]


def code_deps(name):
    """The files and folders of code that a stage declares."""
    return [path for path in names(body(STAGES[name])["deps"]) if path.startswith(("models/", "pipeline/"))]


def needed(name):
    """The modules that a stage imports, without the safe ones; an architecture stands for the run's own."""
    safe = (*SAFE, *SAFE_FOR.get(name, ()))
    return closure(f"pipeline/{name}.py", lambda path: path.startswith(safe))


def test_every_stage_is_a_module_of_the_same_name():
    for name, stage in STAGES.items():
        assert body(stage)["cmd"] == f"python -m pipeline.{name}" + (" ${key}" if "foreach" in stage else "")
    assert [name for name, stage in STAGES.items() if "foreach" in stage] == ["train", "evaluate", "draw"]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_declares_all_code_that_can_change_its_outputs(name):
    declared = tuple(code_deps(name))
    missing = [path for path in needed(name) if path not in declared and not in_folder(path, declared)]
    assert missing == [], f"{name} imports these: declare them, or say in SAFE why they cannot change its outputs"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_declares_no_code_that_it_does_not_import(name):
    wanted = needed(name)
    unused = [
        path for path in code_deps(name) if not any(module == path or in_folder(module, (path,)) for module in wanted)
    ]
    assert unused == ([OWN_ARCHITECTURE] if name == "train" else [])


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_has_few_code_dependencies(name):
    declared = code_deps(name)
    assert len(declared) == len(set(declared)) <= MAX_CODE_DEPS[name]
    assert [path for path in declared if path != OWN_ARCHITECTURE and not (ROOT / path).exists()] == []


def in_folder(path, folders):
    """Whether a file lies in one of the declared folders."""
    return any(path.startswith(f"{folder}/") for folder in folders)


def test_safe_code_exists():
    for path in [*SAFE, *(path for paths in SAFE_FOR.values() for path in paths)]:
        assert (ROOT / path).exists(), path


def test_an_architecture_is_a_list_of_layers():
    assert {path.removeprefix("models/").removesuffix(".py") for path in ARCHITECTURES} == {"lenet", "vgg", "custom"}
    assert imported("models/registry.py") == ARCHITECTURES


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
        assert options.get("cache", True) or path_of(entry) in TEXTS_UNDER_OUTS, entry


def test_imports_are_found_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setattr(module_graph, "ROOT", tmp_path)
    contents = {
        "models/__init__.py": '"""Only a docstring."""',
        "models/small.py": "from models.words import Conv",
        "models/words.py": "Conv = 1",
        "pipeline/sub/__init__.py": "ANYTHING = 1",
        "pipeline/sub/one.py": "import numpy",
        "pipeline/inner.py": "import pipeline.sub.one",
        "pipeline/tracking/log.py": "import pipeline.unseen",
        "pipeline/unseen.py": "",
        "pipeline/start.py": "from models import small\nfrom pipeline.tracking import log\n"
        "def main():\n    from pipeline.inner import thing",
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert closure("pipeline/start.py", lambda path: path.startswith("pipeline/tracking/")) == {
        "models/small.py",
        "models/words.py",
        "pipeline/inner.py",
        "pipeline/start.py",
        "pipeline/sub/__init__.py",
        "pipeline/sub/one.py",
    }
