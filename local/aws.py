"""A whole AWS on the laptop: started in a second, reachable from this machine only, gone when its owner is gone."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
HEALTHY_WITHIN_SECONDS = 30.0

# A shell keeps watch: when the pipe on its standard input closes (a clean stop, Ctrl-C, or even a kill of the
# owner) it ends the emulator, and then everything the emulator ever started, because all share one process group.
# $0 is the scratch folder. It goes too, unless the emulator ended by itself: then somebody will want its log.
GUARD = """
exec 3<&0
"$@" </dev/null 3<&- & emulator=$!
( read -r _ <&3; touch "$0/over"; kill -TERM $emulator; sleep 3; kill -KILL 0 ) &
wait $emulator
test -e "$0/over" && rm -rf "$0"
kill -KILL 0
"""


class LocalAwsError(Exception):
    """The local AWS did not start; the message says why and where its log is."""


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS: its address, its clients and its mailbox. `ses`: the door in front of its SES, if any."""

    port: int
    scratch: Path
    guard: subprocess.Popen[bytes]
    ses: str = ""

    @property
    def endpoint(self) -> str:
        """The one address behind which every service answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """Everything the local AWS has written down, for whoever has to find a cause."""
        return self.scratch / "local-aws.log"

    def client(self, service: str) -> Any:
        """A boto3 client that can only talk to this local AWS, whatever the shell's AWS settings say."""
        return _client(self.endpoint, service)

    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to use this local AWS instead of a real one."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # Whoever is signed in to a real AWS, or behind a proxy, is neither for these calls.
            "AWS_SESSION_TOKEN": "",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            **_through(self.ses),
        }

    def mailbox(self) -> list[dict[str, Any]]:
        """Every email sent so far, oldest first, with Source, To, Subject, BodyText and BodyHtml."""
        by_account = json.loads(fetch(f"{self.endpoint}/_ministack/ses/messages"))["messages"]
        return sorted((mail for mails in by_account.values() for mail in mails), key=lambda mail: mail["Timestamp"])

    def stop(self) -> None:
        """End the local AWS and every function process it started; stopping twice is harmless."""
        if self.guard.stdin and not self.guard.stdin.closed:
            self.guard.stdin.close()
        self.guard.wait(timeout=10)
        shutil.rmtree(self.scratch, ignore_errors=True)


def start(port: int = 0, ses: str = "") -> LocalAws:
    """Start a local AWS on this port, or on a free one, and return when it answers.

    `ses`: where functions send their mail instead; whoever listens there hands it on.
    """
    port = port or free_port()
    if _is_taken(port):
        raise LocalAwsError(f"Port {port} on {HOST} is taken: stop what listens there, or choose another port.")
    scratch = Path(tempfile.mkdtemp(prefix="health-monitor-aws-"))
    local = LocalAws(port, scratch, _launch(port, scratch, ses), ses)
    try:
        _wait_until_healthy(local)
    except BaseException:
        local.stop()
        raise
    return local


@contextmanager
def running(port: int = 0) -> Iterator[LocalAws]:
    """A local AWS for the length of a `with` block."""
    local = start(port)
    try:
        yield local
    finally:
        local.stop()


@cache
def session() -> boto3.Session:
    """A boto3 session with made-up credentials; `LocalAws.client` points its clients at the local AWS."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


def fetch(url: str, timeout_seconds: float = 10) -> bytes:
    """The body of a page served on this machine, never asked of a proxy."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=timeout_seconds) as answer:
        return bytes(answer.read())


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@cache
def _client(endpoint: str, service: str) -> Any:
    direct = Config(proxies={}, read_timeout=120, retries={"max_attempts": 3}, s3={"addressing_style": "path"})
    connect: Any = session().client  # its type lists every service by name; here the name is a parameter
    return connect(service, endpoint_url=endpoint, config=direct)


def _launch(port: int, scratch: Path, ses: str) -> subprocess.Popen[bytes]:
    # An empty working directory: a file called h2.py beside the emulator would shadow one of its imports.
    empty, temporary = scratch / "cwd", scratch / "tmp"
    empty.mkdir()
    temporary.mkdir()
    with (scratch / "local-aws.log").open("wb") as log:
        return subprocess.Popen(
            ["sh", "-c", GUARD, str(scratch), sys.executable, "-P", "-m", "ministack"],
            cwd=empty,
            env=_emulator_environment(port, scratch, temporary) | _through(ses),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _through(ses: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_SESV2": ses} if ses else {}


def _emulator_environment(port: int, scratch: Path, temporary: Path) -> dict[str, str]:
    """Everything the emulator may know; nothing of the developer's shell leaks into the functions it starts."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Retries and waits of state machines pass twenty times faster: waiting them out would prove nothing.
        "SFN_WAIT_SCALE": "0.05",
        # Every call is checked against the caller's IAM policies, so that a forgotten permission shows here.
        "AUTH": "true",
        # Given to every function as well, so that boto3 inside a handler finds its way back here.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
    }


def _wait_until_healthy(local: LocalAws) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if local.guard.poll() is not None:
            raise LocalAwsError(f"The local AWS ended while starting:\n{_tail(local.log)}")
        if _answers(local):
            return
        time.sleep(0.05)
    raise LocalAwsError(f"The local AWS gave no answer in {HEALTHY_WITHIN_SECONDS:.0f} s:\n{_tail(local.log)}")


def _answers(local: LocalAws) -> bool:
    try:
        return bool(fetch(f"{local.endpoint}/_ministack/health", timeout_seconds=2))
    except OSError:
        return False


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
