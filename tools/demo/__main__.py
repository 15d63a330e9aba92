"""Serve a page to draw digits on, read by every network, on this machine only: `make demo`."""

import argparse
import math
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from pipeline.core import errors
from pipeline.runtime import session
from tools.demo.answers import Change, Reader, load_networks
from tools.ui import HOST, free_port

PORTS = range(5021, 5041)
PAGE = Path(__file__).with_name("page.html")
MAX_BYTES = 64_000_000  # of a picture
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src blob:"


def application(reader: Reader) -> Starlette:
    """The web application: the page, the names of the networks, and their answers to a picture."""

    async def page(request: Request) -> Response:
        return FileResponse(PAGE, headers={"Content-Security-Policy": POLICY})

    async def networks(request: Request) -> Response:
        keys = ("name", "champion", "slow")
        return JSONResponse([{key: getattr(network, key) for key in keys} for network in reader.networks])

    async def read(request: Request) -> Response:
        if request.headers.get("content-type") != "application/octet-stream":  # which other sites' pages cannot send
            return JSONResponse({"error": "expected Content-Type: application/octet-stream"}, 415)
        try:
            change = Change(*(_number(request, name) for name in ("rotation", "noise", "shift")))
        except ValueError:
            return JSONResponse({"error": "rotation, noise and shift are numbers"}, 400)
        picture = b""
        async for part in request.stream():
            picture += part
            if len(picture) > MAX_BYTES:
                return JSONResponse({"error": f"more than {MAX_BYTES:,} bytes"}, 413)
        slow = request.query_params.get("slow") == "1"
        return JSONResponse(await run_in_threadpool(reader.read, picture, change, slow))

    routes = [Route("/", page), Route("/networks", networks), Route("/read", read, methods=["POST"])]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


def _number(request: Request, name: str) -> float:
    value = float(request.query_params.get(name, 0))
    if not math.isfinite(value):
        raise ValueError(name)
    return value


def main(arguments: argparse.Namespace) -> None:
    """Load all networks, then serve the page until interrupted."""
    number = free_port(arguments.port, PORTS, "demo")
    print(f"loading the networks; open http://{HOST}:{number} in about 20 seconds, Ctrl-C ends it", flush=True)
    session.import_tensorflow().get_logger().setLevel("ERROR")  # no warnings that each network is compiled
    uvicorn.run(application(Reader(load_networks())), host=HOST, port=number, log_level="warning")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tools.demo", description=__doc__)
    parser.add_argument("port", type=int, nargs="?", help=f"port on {HOST}; without it the first free one from 5021")
    errors.run_command(main, parser)
