"""Imports go down only, package by package, and the top of `pipeline/` holds the stages alone."""

from pathlib import Path

from pipeline.core.paths import ROOT
from tests.support.module_graph import imported

STAGES = {"fetch", "preprocess", "corrupt", "train", "evaluate", "draw", "report"}
# A package imports packages of later lines only; those of one line do not import each other.
LAYERS = [
    STAGES,
    {"training", "reporting", "tracking"},
    {"dataset", "figures", "raw", "runtime", "resume", "stress"},
    {"config", "formats"},
    {"core", "models"},
]
LEVEL = {package: level for level, layer in enumerate(LAYERS) for package in layer}


def package(path: str) -> str:
    """The package of a module: `models`, a stage, or a folder of `pipeline`."""
    parts = Path(path).with_suffix("").parts
    return parts[0] if parts[0] == "models" else parts[1]


def modules() -> list[str]:
    """Every module of models and pipeline."""
    return [path.relative_to(ROOT).as_posix() for top in ("models", "pipeline") for path in (ROOT / top).rglob("*.py")]


def test_the_top_of_pipeline_holds_the_stages_alone() -> None:
    assert {path.stem for path in (ROOT / "pipeline").glob("*.py")} == {"__init__", *STAGES}


def test_every_package_has_a_layer() -> None:
    assert {package(path) for path in modules()} - {"__init__"} == set(LEVEL)


def test_imports_go_down() -> None:
    wrong = [
        f"{path} imports {other}"
        for path in modules()
        if package(path) != "__init__"
        for other in imported(path)
        if package(other) not in ("__init__", package(path)) and LEVEL[package(path)] >= LEVEL[package(other)]
    ]
    assert wrong == []


def test_no_two_modules_import_each_other() -> None:
    graph = {path: imported(path) for path in modules()}
    for start in graph:
        reached, left = set(), set(graph[start])
        while left:
            path = left.pop()
            if path not in reached:
                reached.add(path)
                left |= graph.get(path, set())
        assert start not in reached, f"{start} imports itself through others"


def test_models_and_pipeline_import_nothing_of_tools() -> None:
    for path in modules():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert "import tools" not in text and "from tools" not in text, path
