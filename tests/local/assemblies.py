"""Small cloud assemblies, written by hand, for tests that need no CDK."""

import json
from pathlib import Path
from typing import Any

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def an_assembly(
    folder: Path, stacks: dict[str, dict[str, Any]], handler: str = "", after: dict[str, str] | None = None
) -> Path:
    """A cloud assembly with these stacks (name to resources), one function package, and an order among stacks."""
    (folder / "asset.code").mkdir(parents=True)
    (folder / "asset.code" / "handler.py").write_text(handler)
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": _files(name)}))
        needed = [f"{name}.assets", *([after[name]] if after and name in after else [])]
        artifacts[f"{name}.assets"] = _artifact("cdk:asset-manifest", file=f"{name}.assets.json")
        artifacts[name] = _artifact("aws:cloudformation:stack", templateFile=f"{name}.template.json")
        artifacts[name]["dependencies"] = needed
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def a_function(**properties: Any) -> dict[str, Any]:
    """A Lambda function as the synthesized template describes one."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Handler": "handler.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Timeout": 20,
            "Code": {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": "code.zip"},
            **properties,
        },
    }


def _files(name: str) -> dict[str, Any]:
    return {
        "code": _file("asset.code", "zip", "code.zip"),
        "template": _file(f"{name}.template.json", "file", f"{name}.json"),
    }


def _file(path: str, packaging: str, key: str) -> dict[str, Any]:
    destination = {"bucketName": BUCKET, "objectKey": key}
    return {"source": {"path": path, "packaging": packaging}, "destinations": {"here": destination}}


def _artifact(type: str, **properties: str) -> dict[str, Any]:
    return {"type": type, "properties": properties}
