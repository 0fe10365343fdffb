"""A real S3-compatible server for tests: moto's, as a process of its own on a free port."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.config import Config

from free_ports import free_port
from support.waiting import wait_until

BUCKET = "mailflatrate-files"
KEYS = {"aws_access_key_id": "anna", "aws_secret_access_key": "winterzwiebeln"}


@contextmanager
def s3_server() -> Iterator[str]:
    """Run the server with an empty bucket; its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    try:
        _wait_for(port, process)
        address = f"http://127.0.0.1:{port}"
        client(address).create_bucket(Bucket=BUCKET)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def client(address: str):  # boto3 makes its classes at run time
    """A client that looks into the server past our own code."""
    return boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}), **KEYS
    )


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    def listens() -> bool:
        assert process.poll() is None, "moto's server did not start"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens, "moto's server", pause=0.1)
