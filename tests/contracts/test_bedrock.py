"""A model on Bedrock is told the rules and the facts, and nothing else; what goes wrong is one of our errors."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from health_monitor.adapters.bedrock import MOST_TOKENS, BedrockWriter
from health_monitor.model.drafting import Prompt
from health_monitor.model.errors import NeedsHuman, TryAgain

PROMPT = Prompt("Write a mail.", "first name: Charlie")


@pytest.fixture
def client() -> Any:
    return boto3.client("bedrock-runtime", region_name="eu-west-1")


def an_answer(*content: dict[str, Any]) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }


def test_a_model_gets_the_rules_and_the_facts_and_nothing_else(client: Any) -> None:
    asked = {
        "modelId": "a-model",
        "system": [{"text": PROMPT.rules}],
        "messages": [{"role": "user", "content": [{"text": PROMPT.facts}]}],
        "inferenceConfig": {"maxTokens": MOST_TOKENS, "temperature": 0.0},
    }
    with Stubber(client) as stub:
        stub.add_response("converse", an_answer({"text": "Subject: Hi"}, {"text": "\nHi Charlie"}), asked)
        assert BedrockWriter("a-model", client).write(PROMPT) == "Subject: Hi\n\nHi Charlie"


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", TryAgain), ("ModelTimeoutException", TryAgain), ("AccessDeniedException", NeedsHuman)],
)
def test_a_refusal_is_one_of_our_errors(client: Any, code: str, error: type[Exception]) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("converse", code)
        with pytest.raises(error, match=code):
            BedrockWriter("a-model", client).write(PROMPT)


def test_silence_is_worth_another_try() -> None:
    class Silent:
        def converse(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://bedrock")

    with pytest.raises(TryAgain, match="ReadTimeoutError"):
        BedrockWriter("a-model", Silent()).write(PROMPT)
