"""A result's run in MLflow: what is lost there is logged again, and each remedy that a message names works."""

import shutil
from collections import OrderedDict
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256
from pipeline.tracking import champion, registry, store
from pipeline.tracking.champion import Champion, Promotion
from pipeline.tracking.run_content import read_content
from pipeline.tracking.sync import sync_run
from tests.support import study
from tests.support.mirrored import complete

RUN, OTHER = "lenet-dropout", "vgg-dropout"


class Tracked:
    """Made-up results in a folder, and MLflow's database there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for index, run in enumerate((RUN, OTHER)):
            folder = study.write_run(root / "results/runs", run, images=100, errors=10)
            complete(folder, index)
            (folder / "model.keras").write_bytes(run.encode() * 100)
            (folder / "card.md").write_text(card(index))

    def sync(self, run: str = RUN, *, restore: bool = False) -> str:
        """What is said of the run."""
        return sync_run(*store.connect(restore=restore), read_content(self.root / "results/runs" / run), restore)

    def run(self, view: int = 1):
        """The run in MLflow."""
        client, experiment = store.connect()
        (found,) = client.search_runs([experiment], f"tags.training_id = '{0:032x}'", view)
        return found

    def model(self) -> Path:
        """The file of the run's model in MLflow."""
        client, experiment = store.connect()
        (one, *_) = client.search_logged_models([experiment], f"source_run_id = '{self.run().info.run_id}'")
        return Path(one.artifact_location.removeprefix("file://")) / "data/model.keras"

    def delete_run(self) -> None:
        store.connect()[0].delete_run(self.run().info.run_id)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose results are in MLflow."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("logged") / "root"
        enter(patch, root)
        made = Tracked(root)
        assert [made.sync(run) for run in (RUN, OTHER, RUN, OTHER)] == ["rebuilt", "rebuilt", "linked", "linked"]
    return root


@pytest.fixture
def tracked(logged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracked:
    """A copy of it."""
    enter(monkeypatch, tmp_path / "root")
    shutil.copytree(logged, tmp_path / "root")
    store.relocate_artifacts(tmp_path / "root")
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())  # by ids
    made = Tracked.__new__(Tracked)
    made.root = tmp_path / "root"
    return made


def card(index: int) -> str:
    """The model card of a run."""
    return f"Training {index:032x}, 99 %."


def enter(patch: pytest.MonkeyPatch, root: Path) -> None:
    """Make `root` the repository."""
    patch.setenv("DVC_ROOT", str(root))
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)


def lose_everything(tracked: Tracked) -> None:
    shutil.rmtree(tracked.root / "mlartifacts")


def lose_a_figure(tracked: Tracked) -> None:
    next(tracked.root.glob("mlartifacts/**/figures/loss.png")).unlink()


def cut_a_result(tracked: Tracked) -> None:
    next(tracked.root.glob("mlartifacts/**/results/history.csv")).write_text("epoch\n")


def lose_the_images(tracked: Tracked) -> None:
    shutil.rmtree(Path(tracked.run().info.artifact_uri.removeprefix("file://")) / "images")


def lose_the_model(tracked: Tracked) -> None:
    tracked.model().unlink()


def replace_the_model(tracked: Tracked) -> None:
    tracked.model().write_bytes(bytes(tracked.model().stat().st_size))


def lose_its_description(tracked: Tracked) -> None:
    (tracked.model().parents[1] / "MLmodel").unlink()


def lose_the_card_of_the_model(tracked: Tracked) -> None:
    (tracked.model().parents[1] / "card.md").unlink()


LOSSES = [
    lose_the_card_of_the_model,
    lose_everything,
    lose_a_figure,
    cut_a_result,
    lose_the_images,
    lose_the_model,
    replace_the_model,
    lose_its_description,
]


@pytest.mark.parametrize("lose", LOSSES, ids=lambda each: each.__name__)
def test_what_is_lost_is_logged_again(tracked: Tracked, lose) -> None:
    before = {path.name for path in tracked.root.glob("mlartifacts/**/*.*") if "+" not in path.name}
    lose(tracked)
    said = {run: tracked.sync(run) for run in (RUN, OTHER)}
    assert "linked (caught up)" in said.values(), said
    assert [tracked.sync(run) for run in (RUN, OTHER)] == ["linked", "linked"]
    assert {path.name for path in tracked.root.glob("mlartifacts/**/*.*") if "+" not in path.name} == before
    assert sha256(tracked.model()) == sha256(tracked.root / "results/runs" / RUN / "model.keras")


def test_a_deleted_run_comes_back_whole_when_asked(tracked: Tracked) -> None:
    tracked.delete_run()
    lose_everything(tracked)
    assert tracked.sync() == "deleted in MLflow (`make sync RESTORE=1` brings it back)"
    assert tracked.sync(restore=True) == "restored"
    assert tracked.sync() == "linked"
    assert tracked.model().is_file()


def test_a_deleted_experiment_is_named_and_comes_back_when_asked(tracked: Tracked) -> None:
    client, experiment = store.connect()
    client.delete_experiment(experiment)
    with pytest.raises(PipelineError, match="was deleted in MLflow; `make sync RESTORE=1` restores"):
        tracked.sync()
    assert tracked.sync(restore=True) == "linked"
    assert store.connect()[1] == experiment


def test_a_run_of_the_same_inputs_counts_only_with_its_model(tracked: Tracked) -> None:
    path = tracked.root / "results/runs" / RUN / "environment.json"
    path.write_text(path.read_text().replace(f"{0:032x}", "f" * 32))
    assert tracked.sync() == "relinked (found by key)"
    lose_everything(tracked)
    assert tracked.sync() == "rebuilt"


def test_a_version_is_registered_again_once_its_model_is(tracked: Tracked, monkeypatch, tmp_path) -> None:
    both = Champion(champion=promotion(tracked, RUN, 0), previous=promotion(tracked, OTHER, 1))
    model = tracked.root / "results/runs" / RUN / "model.keras"
    champion.save_champion(both, model.parent, tmp_path)
    monkeypatch.setattr(registry, "verify_model", lambda promoted: champion.verify_model(promoted, tmp_path))
    monkeypatch.setattr(registry, "champion_card", lambda: champion.champion_card(tmp_path))
    expected = {"champion": f"{RUN}: version 1", "previous": f"{OTHER}: version 2"}
    assert registry.apply_aliases(both) == expected
    lose_everything(tracked)
    said = registry.apply_aliases(both)
    assert said["champion"] == f"{RUN}: version 3"
    assert said["previous"].startswith(f"{OTHER}: pending, MLflow does not have its model; `make sync` where")
    assert tracked.sync(OTHER) == "linked (caught up)"
    said = registry.apply_aliases(both)
    assert (said["champion"], said["previous"]) == (f"{RUN}: version 3, as before", f"{OTHER}: version 4")
    versions = {version.version: version.description for version in store.connect()[0].search_model_versions()}
    assert versions == {1: card(0), 2: card(1), 3: card(0), 4: card(1)}


def test_a_model_has_the_present_card_of_its_training(tracked: Tracked) -> None:
    path = tracked.root / "results/runs" / RUN / "card.md"
    path.write_text(card(0) + " Drawn again.")
    assert [tracked.sync(), tracked.sync()] == ["linked (caught up)", "linked"]
    client, experiment = store.connect()
    (model,) = client.search_logged_models([experiment], f"source_run_id = '{tracked.run().info.run_id}'")
    assert model.tags["mlflow.note.content"] == (tracked.model().parents[1] / "card.md").read_text() == path.read_text()
    path.write_text(card(7))  # of another training
    assert read_content(path.parent).card is None


def promotion(tracked: Tracked, run: str, index: int) -> Promotion:
    return Promotion(
        run=run,
        training_id=f"{index:032x}",
        input_key=f"{index:064x}",
        data_digest="c" * 64,
        validation_images=5000,
        val_accuracy=0.99,
        parameters=1000,
        model_sha256=sha256(tracked.root / "results/runs" / run / "model.keras"),
        promoted="2026-01-01T00:00:00+00:00",
    )
