"""MLflow's registered model `mnist`: its aliases `champion` and `previous` follow `champion/champion.json`."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.files import sha256
from pipeline.tracking import store
from pipeline.tracking.champion import Champion, Promotion, champion_card, verify_model
from pipeline.tracking.logged_model import FILE, installed_requirements, log_card, log_model
from pipeline.tracking.mlflow_run import DESCRIPTION

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "mnist"
MAX_DESCRIPTION = 5000  # characters, in MLflow's database


def apply_aliases(champion: Champion) -> dict[str, str]:
    """Point the aliases at the promoted models, registering those that are missing.

    If MLflow lacks the champion's model, it is logged from champion/model.keras. The previous champion's file is not
    kept: if MLflow lacks that model, there is no alias `previous` until `make sync` has logged it from results/.

    Returns:
        For each alias, what was found or done, as text to print.

    Raises:
        PipelineError: champion/model.keras is needed, but missing or damaged.
    """
    wanted = {"champion": champion.champion, "previous": champion.previous}
    client, experiment = store.connect()
    present = _present_aliases(client)
    done = {}
    for alias, promotion in wanted.items():
        if promotion:
            version = _find_version(client, promotion) or _register(client, experiment, alias, promotion)
            if version:
                _describe(client, version, promotion, champion_card() if alias == "champion" else None)
            done[alias] = _set_alias(client, alias, promotion, version, present.get(alias))
        elif alias in present:
            client.delete_registered_model_alias(NAME, alias)
            done[alias] = "removed"
    return done


def _present_aliases(client: "MlflowClient") -> dict[str, str]:
    """Map each alias to its version; create the registered model if it is missing."""
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME, description="Digits from raw pixels; aliases as in champion/champion.json")
    return {alias: str(version) for alias, version in client.get_registered_model(NAME).aliases.items()}


def _set_alias(
    client: "MlflowClient", alias: str, promotion: Promotion, version: str | None, present: str | None
) -> str:
    """Move the alias from version `present` to `version`, or remove it if that is None; returns what was done."""
    if version is None:
        if present:
            client.delete_registered_model_alias(NAME, alias)
        return f"{promotion.run}: pending, MLflow does not have its model; `make sync` where results/ has it adds it"
    if version == present:
        return f"{promotion.run}: version {version}, as before"
    client.set_registered_model_alias(NAME, alias, version)
    return f"{promotion.run}: version {version}"


def _find_version(client: "MlflowClient", promotion: Promotion) -> str | None:
    """The first registered version of the promoted model whose file is intact; None if there is none."""
    wanted = promotion.model_sha256
    for version in sorted(client.search_model_versions(f"name = '{NAME}'"), key=lambda each: int(each.version)):
        model_id = str(version.source).removeprefix("models:/")
        if version.tags.get("model_sha256") == wanted and _digest(client, model_id) == wanted:
            return str(version.version)
    return None


def _register(client: "MlflowClient", experiment: str, alias: str, promotion: Promotion) -> str | None:
    """Register a version of the promoted model; None if MLflow lacks the model and it is not the champion's."""
    found = _find_logged(client, experiment, promotion)
    if found is None and alias == "champion":
        found = _log_champion(client, experiment, promotion)
    if found is None:
        return None
    run_id, model_id = found
    tags = {name: str(value) for name, value in promotion.model_dump().items()}
    source = f"models:/{model_id}"
    made = client.create_model_version(NAME, source, run_id, tags, model_id=model_id)
    return str(made.version)


def _describe(client: "MlflowClient", number: str, promotion: Promotion, card: Path | None) -> None:
    """Give a version its model's card as description, without one the run's name; `card` if the model has none yet."""
    version = client.get_model_version(NAME, number)
    model_id = str(version.source).removeprefix("models:/")
    model = client.get_logged_model(model_id)
    if card and DESCRIPTION not in model.tags:
        log_card(client, model, card)
        model = client.get_logged_model(model_id)
    text = model.tags.get(DESCRIPTION, promotion.run)[:MAX_DESCRIPTION]
    if version.description != text:
        client.update_model_version(NAME, number, text)


def _find_logged(client: "MlflowClient", experiment: str, promotion: Promotion) -> tuple[str, str] | None:
    """The ids of a run and its logged model: the promoted training, or one with the same inputs and the same model."""
    for query in (f"training_id = '{promotion.training_id}'", f"input_key = '{promotion.input_key}'"):
        for run in client.search_runs([experiment], f"tags.{query}"):
            for output in run.outputs.model_outputs:
                if _digest(client, output.model_id) == promotion.model_sha256:
                    return run.info.run_id, output.model_id
    return None


def _log_champion(client: "MlflowClient", experiment: str, promotion: Promotion) -> tuple[str, str]:
    """Log champion/model.keras to the run of its training, or to a new run for it alone; return both ids."""
    path = verify_model(promotion)
    found = client.search_runs([experiment], f"tags.training_id = '{promotion.training_id}'", max_results=1)
    if found:
        run = found[0]
    else:  # no tags `training_id` and `input_key`, by which `make sync` would take this for the results' run
        tags = {"champion_only": "True", "model_sha256": promotion.model_sha256}
        run = client.create_run(experiment, tags=tags, run_name=promotion.run)
        client.set_terminated(run.info.run_id)
    logged = log_model(client, run, path, installed_requirements(), promotion.run)
    return run.info.run_id, str(logged.model_id)


def _digest(client: "MlflowClient", model_id: str) -> str | None:
    """The SHA-256 of a logged model's file; None if the model or the file is lost."""
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        try:
            address = f"{client.get_logged_model(model_id).artifact_location}/{FILE}"
            return sha256(Path(mlflow.artifacts.download_artifacts(address, dst_path=folder)))
        except (MlflowException, OSError):
            return None
