"""Secrets from AWS Secrets Manager."""

import json

import boto3

from health_monitor.adapters.aws import patience, sorting_errors
from health_monitor.model.errors import NeedsHuman


def secret_field(secret: str, field: str) -> str:
    """One field of a secret kept as JSON, such as {"bot_token": "xoxb-…"}."""
    with sorting_errors(f"reading the secret {secret}"):
        answer = boto3.client("secretsmanager", config=patience()).get_secret_value(SecretId=secret)
    try:
        value = json.loads(answer["SecretString"])[field]
    except (ValueError, KeyError, TypeError):
        # Without the cause, whose text could quote the secret.
        raise NeedsHuman(f'the secret {secret} must be JSON like {{"{field}": "…"}}; correct its value') from None
    return str(value)
