"""An S3 server of this machine: moto on 127.0.0.1, with accounts that are nobody's."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NUMBERS = itertools.count(1)


@contextmanager
def running() -> Iterator[str]:
    """Start the server on a free port; gives its address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def use(url: str, monkeypatch: Any, *, cache: Path) -> str:
    """Point this process to the server; returns a bucket of its own."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing-of-worth",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "MODELASSAY_CACHE": str(cache),
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"evidence-{next(_NUMBERS)}"
    boto3.client("s3", endpoint_url=url).create_bucket(Bucket=bucket)
    return bucket
