"""Which of the project's modules a module imports, itself and through others, by reading them."""

import ast
from pathlib import Path

from pipeline.core.paths import ROOT

PACKAGES = ("models", "pipeline")
OUTSIDE = "pipeline/tracking/"  # what MLflow shows has no effect on results
REGISTRY = "models/__init__.py"  # imports every architecture, of which a run uses one
OWN_ARCHITECTURE = "models/${item.architecture}.py"


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
