"""Which of our four errors an AWS error is, and how the real adapters are put together."""

import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from health_monitor import wiring
from health_monitor.adapters.aws import NEEDS_HUMAN, TRY_AGAIN, sorting_errors
from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.s3 import S3Blobs
from health_monitor.adapters.sqs import SqsOutbox
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.usage import UsageEvent
from tests.builders import A_DAY, a_message


def _refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Call")


def _sorted(error: Exception) -> Exception:
    with pytest.raises(Exception) as raised, sorting_errors("reading the table"):  # noqa: PT011
        raise error
    return raised.value


def test_no_code_is_in_both_tables() -> None:
    assert not TRY_AGAIN & set(NEEDS_HUMAN)


@pytest.mark.parametrize("code", sorted(TRY_AGAIN))
def test_codes_of_the_moment_mean_try_again(code: str) -> None:
    assert type(_sorted(_refusal(code))) is TryAgain


@pytest.mark.parametrize("code", sorted(NEEDS_HUMAN))
def test_codes_that_stay_need_a_human_and_name_the_remedy(code: str) -> None:
    error = _sorted(_refusal(code))
    assert type(error) is NeedsHuman
    assert str(error) == f"reading the table: {code}; {NEEDS_HUMAN[code]}"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_of_the_moment_is_enough(status: int) -> None:
    assert type(_sorted(_refusal("Unheard", status))) is TryAgain


def test_any_other_code_is_a_bug_and_stays_what_it_is() -> None:
    error = _refusal("ValidationException")
    assert _sorted(error) is error


@pytest.mark.parametrize(
    "error",
    [
        exceptions.EndpointConnectionError(endpoint_url="https://x"),
        exceptions.ConnectTimeoutError(endpoint_url="https://x"),
        exceptions.ReadTimeoutError(endpoint_url="https://x"),
        exceptions.ConnectionClosedError(endpoint_url="https://x"),
    ],
)
def test_no_answer_means_try_again(error: Exception) -> None:
    assert type(_sorted(error)) is TryAgain


@pytest.mark.parametrize("error", [exceptions.NoCredentialsError(), exceptions.NoRegionError()])
def test_no_credentials_or_region_need_a_human(error: Exception) -> None:
    assert type(_sorted(error)) is NeedsHuman


def test_a_missing_bucket_needs_a_human(aws: None) -> None:
    files = S3Blobs("no-such-bucket")
    for attempt in (
        lambda: files.put("k", b""),
        lambda: files.put_absent("k", b""),
        lambda: files.get("k"),
        lambda: list(files.keys("k")),
    ):
        with pytest.raises(NeedsHuman, match="deploy first"):
            attempt()


def test_a_missing_queue_needs_a_human(aws: None) -> None:
    outbox = SqsOutbox(lambda channel: f"https://sqs.eu-west-1.amazonaws.com/123456789012/no-{channel}")
    with pytest.raises(NeedsHuman, match="deploy first"):
        outbox.put([a_message()])


@pytest.mark.parametrize(("our_fault", "error"), [(True, NeedsHuman), (False, TryAgain)])
def test_messages_refused_inside_a_success_are_not_lost_silently(our_fault: bool, error: type[Exception]) -> None:
    class Client:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": "0", "Code": "Refused", "SenderFault": our_fault}]}

    outbox = SqsOutbox(lambda _: "https://queue")
    outbox.client = Client()  # type: ignore[assignment]
    with pytest.raises(error, match="Refused"):
        outbox.put([a_message()])


def test_the_real_clock_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_each_port_is_put_together_once_and_anew_after_forgetting(aws: None) -> None:
    assert wiring.accounts() is wiring.accounts()
    assert wiring.aws_world().accounts is wiring.accounts()
    before = wiring.accounts()
    wiring.forget()
    assert wiring.accounts() is not before


def test_a_missing_setting_is_named_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HM_TABLE", raising=False)
    monkeypatch.delenv("HM_EMAIL_QUEUE_URL", raising=False)
    with pytest.raises(NeedsHuman, match="HM_TABLE"):
        wiring.accounts()
    with pytest.raises(NeedsHuman, match="HM_EMAIL_QUEUE_URL"):
        wiring.outbox().put([a_message()])


def test_the_configuration_that_comes_with_the_product_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder = wiring.default_bundle()
    assert from_folder.profiles
    compiled = tmp_path / "default_config.json"
    compiled.write_bytes(from_folder.to_json())
    monkeypatch.setattr(wiring, "_DEFAULTS", compiled)
    wiring.forget()
    assert wiring.default_bundle() == from_folder


def test_a_configuration_is_every_yaml_file_and_template_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "check_in.txt.j2").write_text("Subject: Ours")
    (tmp_path / "segments.yaml").write_bytes(b"\xef\xbb\xbfprofiles: []\n")
    (tmp_path / "rules" / "a.yaml").write_text("b: 1\n")
    (tmp_path / "notes.txt").write_text("no configuration")
    texts = wiring.config_texts(tmp_path)
    lent = {"scorecard.yaml", "tips.yaml", "templates/check_in_severe.txt.j2", "templates/follow_up.txt.j2"}
    assert lent < set(texts), "a scorecard, tips and mails that a folder lacks are the product's own"
    assert {name: text for name, text in texts.items() if name not in lent} == {
        "segments.yaml": "profiles: []\n",
        "rules/a.yaml": "b: 1\n",
        "templates/check_in.txt.j2": "Subject: Ours",
    }
    (tmp_path / "segments.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(NeedsHuman, match="UTF-8"):
        wiring.config_texts(tmp_path)
    with pytest.raises(NeedsHuman, match="no folder"):
        wiring.config_texts(tmp_path / "segments.yaml")


def test_files_of_the_command_line_are_put_together(tmp_path: Path) -> None:
    assert wiring.text_file(tmp_path / "events.csv").name == "events.csv"
    event = UsageEvent("acme", "u", "login", "2026-11-01", A_DAY.toordinal(), 1)
    for spool in (wiring.disk_spool(), wiring.disk_spool(daily=True)):
        spool.add([event])
        assert list(spool.groups()) == [[event]]
    wiring.quarantine_csv(tmp_path / "quarantine.csv").close()
    assert (tmp_path / "quarantine.csv").read_text() == "file,line,field,reason,remedy\n"


def test_importing_the_wiring_needs_no_environment_and_loads_nothing_heavy() -> None:
    program = (
        "import sys, health_monitor.wiring;"
        "print([m for m in ('httpx', 'pandas', 'aws_xray_sdk', 'boto3.dynamodb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={}, check=True)
    assert done.stdout.strip() == "[]"
