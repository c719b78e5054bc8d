"""What all AWS adapters share: patience, and which of our errors an AWS error is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from health_monitor.model.errors import NeedsHuman, TryAgain

TRY_AGAIN = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ConditionalRequestConflict",
    }
)
"""Codes that say: the same call may work later."""

_GRANT = "grant the function's role this action, in infra/"
_SIGN_IN = "sign in again, or renew the credentials"
_DEPLOY = "deploy first, or correct the name in the environment"

NEEDS_HUMAN: Mapping[str, str] = {
    "AccessDenied": _GRANT,
    "AccessDeniedException": _GRANT,
    "UnauthorizedOperation": _GRANT,
    "KMSAccessDeniedException": _GRANT,
    "AllAccessDisabled": "the AWS account is blocked; ask AWS Support",
    "ExpiredToken": _SIGN_IN,
    "ExpiredTokenException": _SIGN_IN,
    "InvalidAccessKeyId": _SIGN_IN,
    "InvalidClientTokenId": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "InvalidSignatureException": "check the credentials and the machine's clock",
    "SignatureDoesNotMatch": "check the credentials and the machine's clock",
    "RequestTimeTooSkewed": "set the machine's clock",
    "ResourceNotFoundException": _DEPLOY,
    "NoSuchBucket": _DEPLOY,
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION to it",
    "AWS.SimpleQueueService.NonExistentQueue": _DEPLOY,
    "QueueDoesNotExist": _DEPLOY,
    "DecryptionFailure": "let the function use the key that encrypts the secret",
    "ItemCollectionSizeLimitExceededException": "one account holds too much; archive its oldest items",
}
"""Codes that mean nothing will change until a person does something, and what that is."""

_NO_IDENTITY = (NoCredentialsError, PartialCredentialsError, ProfileNotFound, NoRegionError, TokenRetrievalError)


def patience(read_timeout: int = 15, attempts: int = 4) -> Config:
    """How long a client waits, in seconds, and how often it repeats a call before it gives up."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=3, read_timeout=read_timeout, retries=retries)


def code_of(error: ClientError) -> str:
    """The code by which AWS names an error."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def sorting_errors(doing: str, needs_human: Mapping[str, str] = NEEDS_HUMAN) -> Iterator[None]:
    """Turn an AWS error into TryAgain or NeedsHuman; what is in neither table is a bug and stays what it is."""
    try:
        yield
    except ClientError as error:
        raise _sorted(error, doing, needs_human) from error
    except _NO_IDENTITY as error:
        raise NeedsHuman(f"{doing}: no usable AWS credentials or region; {_SIGN_IN}") from error
    except (ConnectionError, HTTPClientError) as error:
        raise TryAgain(f"{doing}: AWS did not answer") from error


def _sorted(error: ClientError, doing: str, needs_human: Mapping[str, str]) -> Exception:
    code = code_of(error)
    remedy = needs_human.get(code) or NEEDS_HUMAN.get(code)
    if remedy:
        return NeedsHuman(f"{doing}: {code}; {remedy}")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in TRY_AGAIN or status == 429 or status >= 500:
        return TryAgain(f"{doing}: {code}")
    return error
