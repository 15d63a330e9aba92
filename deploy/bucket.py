"""Two buckets on this machine: OpenStack Swift with its S3 interface, objects kept as files in FOLDER.

`mlflow` belongs to the tracking server, `dvc` to the team; the key of each opens nothing else, its secret is in the
environment as MLFLOW_BUCKET_SECRET and DVC_BUCKET_SECRET. Ends when any of Swift's servers does.
"""

import argparse
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import boto3
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError
from swift.common.ring import RingBuilder

BUCKETS = {"mlflow": "mlflow:server", "dvc": "dvc:member"}  # bucket: access key, which is Swift's ACCOUNT:USER
DEVICE = "disk"  # the folder in FOLDER that holds everything
PART_POWER = 6  # places of objects follow from this and the suffix: neither may change while there are any
SWIFT = "[swift-hash]\nswift_hash_path_suffix = mnist-experiments\n"
WAIT = 120  # seconds, at most, until the servers answer

COMMON = """[DEFAULT]
bind_ip = {host}
bind_port = {port}
workers = 0
user = {user}
swift_dir = {etc}
devices = {folder}
mount_check = false
log_level = WARNING
log_facility =
"""
STORAGE = """[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
FILTERS = "catch_errors gatekeeper healthcheck listing_formats s3api tempauth copy slo dlo versioned_writes"
PROXY = f"""[pipeline:main]
pipeline = {FILTERS} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""


def secret(bucket: str) -> str:
    """The secret key of a bucket's owner; ends the program if the environment has none."""
    name = f"{bucket.upper()}_BUCKET_SECRET"
    return os.environ.get(name) or sys.exit(f"error: {name}: not in the environment; set it to the secret key")


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(etc: Path, folder: Path, host: str, port: int) -> list[list[str]]:
    """Write Swift's configuration into `etc`; the commands that start its servers, the proxy's last."""
    common = {"user": pwd.getpwuid(os.getuid()).pw_name, "etc": etc, "folder": folder}
    filters = {name: f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS.split()}
    for bucket, owner in BUCKETS.items():
        filters["tempauth"] += f"user_{owner.replace(':', '_')} = {secret(bucket)} .admin\n"
    (etc / "swift.conf").write_text(SWIFT)
    commands = []
    for kind in ("account", "container", "object"):
        inner = free_port()
        ring = RingBuilder(PART_POWER, replicas=1, min_part_hours=0)
        ring.add_dev({"region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": inner, "device": DEVICE})
        ring.rebalance(seed=0)
        ring.get_ring().save(str(etc / f"{kind}.ring.gz"))
        text = COMMON.format(host="127.0.0.1", port=inner, **common) + STORAGE.format(kind=kind)
        commands.append(_command(etc, kind, text))
    text = COMMON.format(host=host, port=port, **common) + PROXY + "".join(filters.values())
    return [*commands, _command(etc, "proxy", text)]


def _command(etc: Path, kind: str, text: str) -> list[str]:
    path = etc / f"{kind}.conf"
    path.write_text(text)
    return [str(Path(sys.executable).with_name(f"swift-{kind}-server")), str(path)]


def create_buckets(port: int) -> None:
    """Create the buckets that are missing, as soon as the servers answer; ends the program if they do not."""
    until = time.monotonic() + WAIT
    for bucket, owner in BUCKETS.items():
        keys = {"aws_access_key_id": owner, "aws_secret_access_key": secret(bucket), "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys)
        while error := _create(client, bucket):
            if time.monotonic() > until:
                sys.exit(f"error: bucket {bucket}: {error}")
            time.sleep(0.5)


def _create(client: BaseClient, bucket: str) -> Exception | None:
    """Why the bucket could not be created, None if it is there."""
    try:
        client.create_bucket(Bucket=bucket)
    except client.exceptions.BucketAlreadyOwnedByYou:
        return None
    except (BotoCoreError, ClientError) as error:
        return error
    return None


def main(arguments: argparse.Namespace) -> None:
    """Start everything, create the buckets, and wait until a server ends or this program is asked to."""
    (arguments.folder / DEVICE).mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    servers: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as etc:
        try:
            for command in configure(Path(etc), arguments.folder.resolve(), arguments.host, arguments.port):
                servers.append(subprocess.Popen(command))
            create_buckets(arguments.port)
            print(f"{' and '.join(BUCKETS)} at port {arguments.port}", flush=True)
            while all(server.poll() is None for server in servers):
                time.sleep(1)
            sys.exit("error: one of Swift's servers ended")
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the objects are kept")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on")
    main(parser.parse_args())
