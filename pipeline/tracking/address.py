"""The addresses of the tracking server and the model registry: checked, and never printed with a password."""

import os
import re
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import PipelineError, printable
from pipeline.core.paths import repo_root

TRACKING, REGISTRY = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"
DATABASES = ("postgresql", "mysql", "mssql", "sqlite")
SQLITE = "sqlite:///"
EXPECTED = "expected http://HOST:PORT, https://HOST or sqlite:////PATH, with %2F for a / and %40 for an @ in a password"
LOGIN = re.compile(r"//[^/\s]*\S*@")  # up to the last @: a password may have a / or an @ in it
QUERY = re.compile(r"\b(password|passwd|pwd|token|secret)=[^&\s'\"]+", re.IGNORECASE)


def read_address(variable: str) -> str:
    """The address in an environment variable, empty if that is not set.

    User and password move from an http address to the variables that MLflow takes them from, since it prints addresses.
    A relative sqlite path starts at the user's repository, also in a temporary DVC experiment.

    Raises:
        PipelineError: it is no address of a tracking server, which the message names.
    """
    text = os.environ.get(variable, "").strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        malformed = parts.port is not None and not parts.hostname
    except ValueError:
        raise _wrong(variable, text) from None
    kind = parts.scheme.partition("+")[0]
    if kind == "sqlite":
        path = text.partition(SQLITE)[2]
        if not path.partition("?")[0] or path.startswith(":memory:"):
            raise _wrong(variable, text)
        return f"{SQLITE}{repo_root() / path}"
    login_elsewhere = "@" in parts.path + parts.query + parts.fragment
    if malformed or login_elsewhere or not parts.hostname or re.search(r"\s", text) or not text.isprintable():
        raise _wrong(variable, text)
    if kind in DATABASES:
        return text
    if parts.scheme not in ("http", "https"):
        raise _wrong(variable, text)
    if parts.username is None:
        return text
    os.environ.setdefault("MLFLOW_TRACKING_USERNAME", unquote(parts.username))
    os.environ.setdefault("MLFLOW_TRACKING_PASSWORD", unquote(parts.password or ""))
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def place() -> str:
    """Where runs are tracked, as an error message begins: the variable and its address, or the local database."""
    text = os.environ.get(TRACKING, "").strip()
    return f"{TRACKING} {shown(text)}" if text else "mlflow.db"


def shown(address: str) -> str:
    """An address without user and password."""
    begin, slashes, rest = address.partition("//")
    hidden = f"{begin}//***@{rest.rpartition('@')[2]}" if slashes and "@" in rest else address
    return printable(QUERY.sub(r"\1=***", hidden))


def masked(text: str) -> str:
    """Text of a library without the users and passwords of addresses in it."""
    for variable in (TRACKING, REGISTRY):
        if address := os.environ.get(variable):
            text = text.replace(address, shown(address))
    for variable in ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        if secret := os.environ.get(variable):
            text = text.replace(secret, "***")
    return QUERY.sub(r"\1=***", LOGIN.sub("//***@", text))


def _wrong(variable: str, text: str) -> PipelineError:
    return PipelineError(
        f"{variable}: {shown(text)!r:.120} is no address of a tracking server; {EXPECTED}, or unset it"
    )
