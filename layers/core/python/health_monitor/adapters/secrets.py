"""Secrets from AWS Secrets Manager."""

import json

import boto3

from health_monitor.adapters.aws import patience, sorting_errors
from health_monitor.model.errors import NeedsHuman


def secret_field(secret: str, field: str) -> str:
    """One field of a secret kept as JSON, such as {"bot_token": "xoxb-…"}."""
    try:
        return secret_fields(secret)[field]
    except KeyError:
        raise NeedsHuman(f'the secret {secret} must be JSON like {{"{field}": "…"}}; correct its value') from None


def secret_fields(secret: str) -> dict[str, str]:
    """Every field of a secret kept as JSON; none when it is not such JSON, so that whoever needs one can name it."""
    with sorting_errors(f"reading the secret {secret}"):
        answer = boto3.client("secretsmanager", config=patience()).get_secret_value(SecretId=secret)
    try:
        fields = json.loads(answer["SecretString"])
    except (ValueError, KeyError):
        # Silent about the cause, whose text could quote the secret.
        return {}
    return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
