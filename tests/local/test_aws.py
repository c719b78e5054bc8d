"""The local AWS starts alone, listens to this machine only, and leaves nothing behind."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local import aws
from tests.local.processes import addresses_listened_to_by, processes_of, still_there_after_a_while

pytestmark = pytest.mark.local

OWNER = """
import time
from local import aws
local = aws.start()
print(local.guard.pid, local.scratch, flush=True)
time.sleep(60)
"""


def test_it_answers_and_listens_to_this_machine_only():
    with aws.running() as local:
        local.client("s3").create_bucket(Bucket="a-bucket")
        assert addresses_listened_to_by(local.guard.pid) == {"127.0.0.1"}
        assert local.endpoint == f"http://127.0.0.1:{local.port}"


def test_stopping_ends_every_process_and_removes_its_files():
    local = aws.start()
    assert processes_of(local.guard.pid)
    local.stop()
    local.stop()
    assert still_there_after_a_while(local.guard.pid) == {}
    assert not local.scratch.exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_when_its_owner_is_interrupted_or_killed(ending):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert owner.stdout
    with owner.stdout:
        pid, scratch = owner.stdout.readline().split()
    group = int(pid)
    assert processes_of(group)
    owner.send_signal(ending)
    owner.wait(timeout=10)
    assert still_there_after_a_while(group) == {}
    assert not Path(scratch).exists()


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(aws.LocalAwsError, match=f"Port {port} on 127.0.0.1 is taken"):
            aws.start(port)


def test_an_emulator_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(aws.sys, "executable", "/no/such/python")
    with pytest.raises(aws.LocalAwsError, match="ended while starting"):
        aws.start()


def test_the_mailbox_shows_what_was_sent():
    with aws.running() as local:
        mail = local.client("sesv2")
        mail.create_email_identity(EmailIdentity="example.com")
        assert local.mailbox() == []
        mail.send_email(
            FromEmailAddress="monitor@example.com",
            Destination={"ToAddresses": ["csm@example.com"]},
            Content={"Simple": {"Subject": {"Data": "Usage fell"}, "Body": {"Text": {"Data": "by half"}}}},
        )
        (sent,) = local.mailbox()
    assert (sent["To"], sent["Subject"], sent["BodyText"]) == (["csm@example.com"], "Usage fell", "by half")
