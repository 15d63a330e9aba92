"""Which of the project's modules a module imports, found by reading the source."""

import ast
from collections.abc import Callable
from pathlib import Path

from pipeline.core.paths import ROOT

PACKAGES = ("models", "pipeline")


def imported(path: str) -> set[str]:
    """The project's modules that a file imports, also inside functions, and the packages that they are in."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    dotted = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            dotted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    inside = [name.split(".") for name in dotted if name.split(".")[0] in PACKAGES]
    files = {file for parts in inside for length in range(1, len(parts) + 1) for file in module_files(parts[:length])}
    return files - {path}


def module_files(parts: list[str]) -> set[str]:
    """The file of a module, or of a package with code in it; none for a name inside a module."""
    paths = (Path(*parts).with_suffix(".py"), Path(*parts, "__init__.py"))
    return {path.as_posix() for path in paths if (ROOT / path).is_file() and has_code(ROOT / path)}


def has_code(path: Path) -> bool:
    """Whether a file has more than a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in tree.body)


def closure(start: str, skipped: Callable[[str], bool] = lambda path: False) -> set[str]:
    """`start` and every module imported on its behalf, except the `skipped` ones and what only they import."""
    found: set[str] = set()
    left = {start}
    while left:
        path = left.pop()
        if path not in found and not skipped(path):
            found.add(path)
            left |= imported(path)
    return found
