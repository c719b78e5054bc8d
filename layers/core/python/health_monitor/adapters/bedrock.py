"""A model on Amazon Bedrock words a mail, through the Converse API."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from health_monitor.model.drafting import Prompt
from health_monitor.model.errors import NeedsHuman, TryAgain

MOST_TOKENS = 500
BUSY = frozenset(
    (
        "ThrottlingException", "ModelTimeoutException", "ModelNotReadyException", "InternalServerException",
        "ServiceUnavailableException", "ModelErrorException",
    )
)  # fmt: skip


class BedrockWriter:
    """One question, one answer; it has no memory and is told nothing else."""

    def __init__(self, model: str, client: Any = None) -> None:
        self._model = model
        # A night has many drafts and every one of them a template to fall back on: nothing waits long for a model.
        self._client = client or boto3.client(
            "bedrock-runtime", config=Config(connect_timeout=3, read_timeout=15, retries={"total_max_attempts": 1})
        )

    def write(self, prompt: Prompt) -> str:
        try:
            answer = self._client.converse(
                modelId=self._model,
                system=[{"text": prompt.rules}],
                messages=[{"role": "user", "content": [{"text": prompt.facts}]}],
                inferenceConfig={"maxTokens": MOST_TOKENS, "temperature": 0.0},
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in BUSY:
                raise TryAgain(f"Bedrock: {code}") from error
            raise NeedsHuman(f"Bedrock refuses {self._model}: {code}; check HM_DRAFT_MODEL and model access") from error
        except BotoCoreError as error:
            raise TryAgain(f"Bedrock: {type(error).__name__}") from error
        parts = answer["output"]["message"]["content"]
        return "\n".join(part["text"] for part in parts if "text" in part)
