"""The registered model: its aliases `champion` and `previous` say what `champion.json` says."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core import files
from pipeline.core.errors import PipelineError
from pipeline.runtime import session
from pipeline.tracking import run_mirror, store, sync
from pipeline.tracking.champion import Champion, Promotion

if TYPE_CHECKING:
    import keras
    from mlflow import MlflowClient

NAME = "mnist"
CHAMPION = f"models:/{NAME}@champion"
FILE = "data/model.keras"  # in a logged model


def apply_aliases(champion: Champion) -> dict[str, str]:
    """Make the aliases those of `champion.json`, creating what is missing; what became of each alias, in words.

    PipelineError if MLflow cannot be asked. A model that MLflow has not is left for another time, its alias as it is.
    """
    wanted = {"champion": champion.champion, "previous": champion.previous}
    with _asking():
        client, experiment = store.connect()
        present = _aliases(client)
        done = {}
        for alias, promotion in wanted.items():
            if promotion:
                done[alias] = _replay(client, experiment, alias, promotion, present.get(alias))
            elif alias in present:
                client.delete_registered_model_alias(NAME, alias)
                done[alias] = "removed"
    return done


def _replay(client: "MlflowClient", experiment: str, alias: str, promotion: Promotion, present: str | None) -> str:
    version = _version(client, promotion) or _create(client, experiment, promotion)
    if version is None:
        return f"{promotion.run}: pending, MLflow has no such model; restore the run's files and its MLflow run"
    if version == present:
        return f"{promotion.run}: version {version}, as before"
    client.set_registered_model_alias(NAME, alias, version)
    return f"{promotion.run}: version {version}"


def _aliases(client: "MlflowClient") -> dict[str, str]:
    """The version that each alias has; the registered model is created if it is missing."""
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME, description="Digits from raw pixels; aliases as in champion.json")
    return {alias: str(version) for alias, version in client.get_registered_model(NAME).aliases.items()}


def _version(client: "MlflowClient", promotion: Promotion) -> str | None:
    """The version made of these very bytes, the first if there are several."""
    versions = client.search_model_versions(f"name = '{NAME}'")
    equal = [version for version in versions if version.tags.get("model_sha256") == promotion.model_sha256]
    return str(min(int(version.version) for version in equal)) if equal else None


def _create(client: "MlflowClient", experiment: str, promotion: Promotion) -> str | None:
    found = _find(client, experiment, promotion)
    return _register(client, *found, promotion) if found else None


def _find(client: "MlflowClient", experiment: str, promotion: Promotion) -> tuple[str, str] | None:
    """Run and logged model of the training itself, or of another one of the same inputs that gave the same bytes."""
    for identity in sync.IDENTITIES:
        for run in client.search_runs([experiment], f"tags.{identity} = '{getattr(promotion, identity)}'"):
            for output in run.outputs.model_outputs:
                if _digest(output.model_id) == promotion.model_sha256:
                    return run.info.run_id, output.model_id
    return None


def _register(client: "MlflowClient", run_id: str, model_id: str, promotion: Promotion) -> str:
    tags = {name: str(value) for name, value in promotion.model_dump().items()}
    source = f"models:/{model_id}"
    made = client.create_model_version(NAME, source, run_id, tags, description=promotion.run, model_id=model_id)
    return str(made.version)


def _digest(model_id: str) -> str | None:
    """The SHA-256 of a logged model's file, None if the file is lost."""
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        try:
            model = mlflow.artifacts.download_artifacts(f"models:/{model_id}", dst_path=folder)
            return files.sha256(Path(model, FILE))
        except (MlflowException, FileNotFoundError):
            return None


def load_logged(promotion: Promotion) -> "keras.Model":
    """The model that MLflow holds of a run; PipelineError if it has none or cannot be asked."""
    with _asking():
        found = _find(*store.connect(), promotion)
        if found is None:
            raise PipelineError(
                f"MLflow has no model with the bytes of results/runs/{promotion.run}/model.keras;"
                " `make sync` logs it, `python -m tools.sync --restore` if its run was deleted there"
            )
        return _load(f"models:/{found[1]}")


def load_champion() -> "keras.Model":
    """The champion as MLflow holds it; PipelineError if there is none or MLflow cannot be asked."""
    from mlflow.exceptions import MlflowException

    with _asking():
        client, _ = store.connect()
        try:
            client.get_model_version_by_alias(NAME, "champion")
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise PipelineError(f"MLflow has no {CHAMPION}; run `make promote`, or `make sync`") from None
        return _load(CHAMPION)


def _load(uri: str) -> "keras.Model":
    """The model at an MLflow address; nothing in it is unpickled or executed."""
    session.import_tensorflow()
    import mlflow.keras

    with tempfile.TemporaryDirectory() as folder:
        return mlflow.keras.load_model(uri, dst_path=folder, load_model_kwargs={"safe_mode": True})


@contextmanager
def _asking() -> Iterator[None]:
    """MLflow's own errors in one line, without the credentials that an address may hold."""
    failures = run_mirror.tracking_errors()
    try:
        yield
    except failures as error:
        raise PipelineError(
            f"MLflow: {run_mirror.error_reason(error)}; check MLFLOW_TRACKING_URI, or try again later"
        ) from None
