"""Serve the champion over HTTP on this machine only, in the protocol of `mlflow models serve`: `make serve`."""

import argparse
import json
import threading
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.constants import INPUT_SHAPE
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.runtime import model_file, session
from pipeline.tracking.champion import champion_model
from tools.ui import HOST, free_port

PORTS = range(5001, 5021)
BATCH = 500  # images that are computed at once
MAX_BYTES = 64_000_000  # of a request
EXPECTED = f"pixels are 0 to 255, whole numbers of shape (N, {', '.join(map(str, INPUT_SHAPE))})"
EXAMPLE = """\
example, with an image of zeros; pixels are 0 to 255, of shape (N, 28, 28, 1):
curl {address}/invocations -H 'Content-Type: application/json' \\
  -d "$(python3 -c "import json; print(json.dumps({{'inputs': [[[[0]] * 28] * 28]}}))")"
Ctrl-C ends it"""


def images(body: bytes) -> np.ndarray:
    """The images in a request `{"inputs": …}`, uint8 (N, 28, 28, 1); PipelineError for anything else."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise PipelineError('the body is no JSON; expected {"inputs": [...]}') from None
    if not isinstance(request, dict) or len(request) != 1 or not request.keys() <= {"inputs", "instances"}:
        raise PipelineError('expected {"inputs": [...]} and no other key')
    if b"true" in body or b"false" in body:  # numpy would take them for 1 and 0 among numbers
        raise PipelineError(f"found true or false; {EXPECTED}")
    try:
        values = np.array(next(iter(request.values())))
    except (ValueError, OverflowError):
        raise PipelineError(f"the lists are of different lengths; {EXPECTED}") from None
    if values.dtype.kind not in "iuf":
        raise PipelineError(f"found what is no number; {EXPECTED}")
    if values.shape[1:] != INPUT_SHAPE:
        raise PipelineError(f"found shape {values.shape}; {EXPECTED}")
    pixels = np.clip(values, 0, 255).astype(np.uint8) if np.isfinite(values).all() else np.zeros_like(values, np.uint8)
    if not np.array_equal(pixels, values) or pixels.max() == 1:
        raise PipelineError(f"found numbers from {values.min():g} to {values.max():g}; {EXPECTED}")
    return pixels


def application(model: Any) -> Starlette:
    """The web application: POST /invocations, GET /ping, /health and /version."""
    from mlflow.version import VERSION

    lock = threading.Lock()

    def answer(body: bytes) -> Response:
        try:
            pixels = images(body)
        except PipelineError as error:
            return _refusal(str(error), 400)
        with lock:  # two requests at once would only share the same cores
            parts = [model.predict_on_batch(pixels[at : at + BATCH]) for at in range(0, len(pixels), BATCH)]
        return JSONResponse({"predictions": np.concatenate(parts).tolist()})

    async def invocations(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refusal("expected Content-Type: application/json", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_BYTES:
                return _refusal(f"more than {MAX_BYTES:,} bytes; send fewer images at once", 413)
        return await run_in_threadpool(answer, body)

    async def ping(request: Request) -> Response:
        return Response("\n", media_type="application/json")

    async def version(request: Request) -> Response:
        return Response(VERSION)

    routes = [Route("/ping", ping), Route("/health", ping), Route("/version", version)]
    routes.append(Route("/invocations", invocations, methods=["POST"]))
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


def _refusal(message: str, status: int) -> Response:
    """An error as MLflow's server words it."""
    return JSONResponse({"error_code": "BAD_REQUEST", "message": message}, status)


def main(arguments: argparse.Namespace) -> None:
    """Load the verified champion and serve it until interrupted."""
    number, source = free_port(arguments.port, PORTS, "serve"), champion_model()
    address = f"http://{HOST}:{number}"
    print(f"in some 10 seconds at {address}\n{EXAMPLE.format(address=address)}", flush=True)
    session.import_tensorflow()
    model = model_file.load_model(source)
    model.predict_on_batch(np.zeros((1, *INPUT_SHAPE), np.uint8))
    uvicorn.run(application(model), host=HOST, port=number, log_level="warning")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {HOST}; without it the first free one from 5001")
    errors.run_command(main, parser)
