"""A clone of the project for studies and measurements."""

import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tools import workspace
from tools.workspace import Workspace

GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@localhost")
PROTOCOL = {"common": {}, "lenet": {}, "test_images": {"lenet": 3, "a": 2, "b": 1}}


@pytest.fixture(params=["", "projects/mnist/"], ids=["the repository", "a subfolder"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in a folder outside ASCII with the project in it."""
    repository = tmp_path / "José, 1"
    root = repository / request.param
    for name in ("code.py", "old.py", "params.yaml", "data/x", "results/y", "study/z/params.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("committed")
    subprocess.run([*GIT, "init", "-q", str(repository)], check=True)
    subprocess.run(["dvc", "init", "-q", *(["--subdir"] if request.param else [])], cwd=root, check=True)
    commit(root)
    monkeypatch.setattr(workspace, "ROOT", root)
    return root


def commit(root: Path) -> None:
    for words in (["add", "-A"], ["commit", "-qm", "Change"]):
        subprocess.run([*GIT, *words], cwd=root, check=True)


def test_a_clone_follows_the_project_and_keeps_its_own_files(project: Path, tmp_path: Path) -> None:
    clone = workspace.make_clone(tmp_path / "work")
    assert clone.root == tmp_path / "work" / project.relative_to(tmp_path / "José, 1")
    assert sorted(name for name in ("code.py", "results/y", "data/x") if (clone.root / name).exists()) == [
        "code.py",
        "data/x",
    ]
    cache = clone.check_output("dvc", "cache", "dir").strip()
    assert cache == str(project / ".dvc/cache")
    config = (clone.root / ".dvc/config.local").read_text(encoding="utf-8")
    assert f"site_cache_dir = {clone.root}/.site-cache" in config
    for name in ("params.yaml", "results/y"):
        (clone.root / name).parent.mkdir(exist_ok=True)
        (clone.root / name).write_text("own")
    (project / "old.py").unlink()
    commit(project)
    (project / "code.py").write_text("not committed")
    (project / "params.yaml").write_text("changed")
    again = workspace.make_clone(tmp_path / "work")
    assert again == clone
    assert not (clone.root / "old.py").exists()
    assert {name: (clone.root / name).read_text() for name in ("code.py", "params.yaml", "results/y")} == {
        "code.py": "not committed",
        "params.yaml": "own",
        "results/y": "own",
    }
    head = Workspace(project).check_output("git", "rev-parse", "HEAD")
    assert clone.check_output("git", "rev-parse", "HEAD") == head
    changed = clone.check_output("git", "status", "--porcelain", "--", ".", ":!data", ":!results").splitlines()
    assert changed == [f" M {(clone.root / 'code.py').relative_to(tmp_path / 'work')}"]


def test_locks_that_a_killed_git_left_are_removed(project: Path, tmp_path: Path) -> None:
    workspace.make_clone(tmp_path / "work")
    for name in ("index.lock", "HEAD.lock"):
        (tmp_path / "work/.git" / name).touch()
    workspace.make_clone(tmp_path / "work")
    assert list((tmp_path / "work/.git").glob("*.lock")) == []


def test_params_keep_their_order_and_lose_test_images_of_unknown_runs(tmp_path: Path) -> None:
    values = {"runs": {"b": {"seed": 1}, "c": {}}, "protocols": {"fast": PROTOCOL}}
    Workspace(tmp_path).write_params(values)
    written = YAML().load(tmp_path / "params.yaml")
    assert list(written["runs"]) == ["b", "c"]
    assert written["protocols"]["fast"] == PROTOCOL | {"test_images": {"lenet": 3, "b": 1}}
    assert list(PROTOCOL["test_images"]) == ["lenet", "a", "b"]


def test_dvc_has_its_private_folder_in_the_checkout_that_it_runs_in(project: Path, monkeypatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "of another checkout")
    code = "import os; print(os.environ['DVC_SITE_CACHE_DIR'], 'DVC_STAGE' in os.environ)"
    printed = Workspace(project).check_output(sys.executable, "-c", code)
    assert printed == f"{project}/.site-cache False\n"


def test_a_clone_of_a_partial_or_shallow_clone_is_complete(project: Path, tmp_path: Path, monkeypatch) -> None:
    repository = Path(
        subprocess.run(
            ["git", "rev-parse", "--show-toplevel"], cwd=project, capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    (project / "code.py").write_text("a second version")
    commit(project)
    subprocess.run(["git", "config", "uploadpack.allowFilter", "true"], cwd=project, check=True)
    for number, option in enumerate(("--filter=blob:none", "--depth=1")):
        source = tmp_path / f"source{number}"
        subprocess.run(["git", "clone", "-q", option, repository.as_uri(), str(source)], check=True)
        subprocess.run(["git", "remote", "set-url", "origin", str(tmp_path / "away")], cwd=source, check=True)
        monkeypatch.setattr(workspace, "ROOT", source / project.relative_to(repository))
        clone = workspace.make_clone(tmp_path / f"work{number}")
        assert (clone.root / "code.py").read_text() == "a second version"
        assert clone.check_output("git", "status", "--porcelain", "--", "code.py") == ""
