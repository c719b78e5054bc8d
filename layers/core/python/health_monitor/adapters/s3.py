"""Files in S3."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from health_monitor.adapters.aws import code_of, patience, sorting_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Blobs:
    """One bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    @cached_property
    def client(self) -> "S3Client":
        return boto3.client("s3", config=patience())

    @property
    def bucket(self) -> str:
        return self._bucket

    def put(self, key: str, data: bytes) -> None:
        with sorting_errors(f"writing {key}"):
            self.client.put_object(Bucket=self._bucket, Key=key, Body=data)

    def put_absent(self, key: str, data: bytes) -> bool:
        with sorting_errors(f"writing {key}"):
            try:
                self.client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) != "PreconditionFailed":
                    raise
                return False
        return True

    def get(self, key: str) -> bytes | None:
        with sorting_errors(f"reading {key}"):
            try:
                return self.client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                return None

    def keys(self, prefix: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with sorting_errors(f"listing {prefix}"):
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", []))

    def delete(self, key: str) -> None:
        with sorting_errors(f"deleting {key}"):
            self.client.delete_object(Bucket=self._bucket, Key=key)
