"""The one address on the web: where senders and Slack post to, and where a customer stops our mail."""

import json
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.blocks import OurFunction, alarm, expiring_log, explain
from infra.stage import Stage

QUARTER = Duration.minutes(15)
REFUSED_TOO_OFTEN = 100
LOG_LINE = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    # Not the path: that of an unsubscription is a key.
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "error": "$context.integrationErrorMessage",
}


@dataclass(frozen=True)
class Open:
    """A path that everybody may call, and why that does no harm."""

    path: str
    methods: tuple[http.HttpMethod, ...]
    because: str


class Api(Construct):
    """One HTTP API; each function that it calls decides for itself whom it believes."""

    def __init__(self, scope: Construct, id: str, stage: Stage) -> None:
        super().__init__(scope, id)
        self.api = http.HttpApi(self, "Api", api_name=stage.prefix, create_default_stage=False)
        limits = http.ThrottleSettings(rate_limit=stage.webhooks_a_second, burst_limit=2 * stage.webhooks_a_second)
        opened = http.HttpStage(self, "Stage", http_api=self.api, auto_deploy=True, throttle=limits)
        # Below this prefix AWS lets log deliveries in by itself, and no list of allowed logs can grow too long.
        log = expiring_log(self, "Log", f"/aws/vendedlogs/api/{stage.prefix}", stage)
        inner = opened.node.default_child
        assert isinstance(inner, http.CfnStage)
        # Who sent what stays out: neither bodies nor headers nor addresses of people.
        inner.access_log_settings = http.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(LOG_LINE)
        )
        self._watch()

    @property
    def url(self) -> str:
        """Where every path begins, without a slash at the end."""
        return self.api.api_endpoint

    def lead(self, way: Open, ours: OurFunction) -> None:
        """Let everybody call the function at the path."""
        routes = self.api.add_routes(
            path=way.path,
            methods=list(way.methods),
            integration=HttpLambdaIntegration(ours.node.id, ours.function),
        )
        for route in routes:
            explain(route, "AwsSolutions-APIG4", way.because)

    def _watch(self) -> None:
        failed = self.api.metric_server_error(period=QUARTER, statistic="Sum")
        alarm(self, "webhooks-failed", failed, "Callers got an error of ours; senders and Slack try again for a while.")
        refused = self.api.metric_client_error(period=QUARTER, statistic="Sum")
        says = "Many calls were refused: a wrong secret, an oversized body, or somebody guessing."
        alarm(self, "webhooks-refused", refused, says, above=REFUSED_TOO_OFTEN)
