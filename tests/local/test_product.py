"""The deployed product as a whole: where it listens, what its functions were told, and that it can be stopped."""

import pytest

from health_monitor.adapters.ses_mailer import SesMailer
from health_monitor.model.outreach import Finding
from health_monitor.settings import VARIABLES
from local import product
from tests.local.processes import addresses_listened_to_by

pytestmark = pytest.mark.local


def test_nothing_of_it_is_reachable_from_another_machine(deployed):
    assert addresses_listened_to_by(deployed.aws.guard.pid) == {"127.0.0.1"}
    assert deployed.slack.api_url.startswith("http://127.0.0.1:")


def test_every_setting_has_a_value_and_slack_is_the_double(deployed):
    settings = deployed.environment()
    assert settings.keys() >= VARIABLES.keys()
    assert settings["HM_SLACK_API_URL"] == deployed.slack.api_url
    assert settings["AWS_ENDPOINT_URL"] == deployed.aws.endpoint


def test_nights_start_by_hand_only(deployed):
    schedules = deployed.aws.client("scheduler").list_schedules()["Schedules"]
    assert {schedule["State"] for schedule in schedules} == {"DISABLED"}


def test_the_senders_domain_stands_as_it_does_once_its_records_are_in_dns(deployed):
    """Whoever tries go-live here gets past the checks, and an unknown domain is still unknown."""
    with product.inside(deployed):
        found = SesMailer(("example.com",), "").findings()
        unknown = SesMailer(("nowhere.example",), "").findings()
    assert Finding("example.com", "verified, with DKIM and MAIL FROM") in found
    assert [one.about for one in unknown if one.stops] == ["nowhere.example"]
