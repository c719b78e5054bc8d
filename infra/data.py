"""What must survive everything else: one table, one bucket and the secrets, in a stack of their own."""

import json

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from health_monitor.sources import SOURCES
from health_monitor.sources.spec import Source
from infra.blocks import allow, explain
from infra.stage import Stage

OLD_VERSIONS_KEPT = Duration.days(30)
READ_ROWS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE_ROWS = ("dynamodb:PutItem", "dynamodb:UpdateItem")
# What a webhook said is in the archive by then; the body itself is only for trying again.
BODIES_KEPT = Duration.days(30)
# What a pull has stored of a day decides nothing once that day is asked for no longer: after 30 days at the most.
SEEN_KEPT = Duration.days(40)
# Who answered is in the conversation, and the mail itself in the CSM's mailbox by then.
MAIL, MAIL_KEPT = "mail", Duration.days(30)
# Written again by every pull, and nothing is lost with them: reading everything once more makes them anew.
NAMES_KEPT = Duration.days(1)
EXPIRES_AT = "ttl"


class Data(Stack):
    """The stored world. Deploying or deleting the workflow never touches it."""

    def __init__(self, scope: Construct, id: str, stage: Stage) -> None:
        super().__init__(scope, id, termination_protection=stage.keeps_data)
        self.stage = stage
        self.table = self._table_in_use(stage)
        self.bucket = _bucket(self, stage)
        self.slack_token = _slack_token(self, stage)
        self.link_key = _link_key(self, stage)
        self.crm_secrets = {"salesforce": _salesforce(self, stage)}
        # Of every source that is known, not only of those that are on: its secret is in place before it is switched on,
        # and one that was kept when a source was switched off does not stand in the way when it is switched on again.
        self.source_secrets = {name: _source_secret(self, stage, source) for name, source in sorted(SOURCES.items())}
        # This stack is deployed first: what the other one still refers to when a source is switched off must be there.
        for secret in (*self.source_secrets.values(), *self.crm_secrets.values()):
            self.export_value(secret.secret_arn)
        CfnOutput(self, "TableName", value=self.table.table_name)
        CfnOutput(self, "BucketName", value=self.bucket.bucket_name)

    def _table_in_use(self, stage: Stage) -> dynamodb.ITable:
        """The stack's own table, or one restored from a backup, which takes its place while the own one stays."""
        own = _table(self, stage)
        if not stage.restored_table:
            return own
        # What the other stack still refers to until it is deployed as well must not go first.
        for told in (own.table_arn, own.table_name):
            self.export_value(told)
        return dynamodb.Table.from_table_name(self, "Restored", stage.restored_table)

    @property
    def variables(self) -> dict[str, str]:
        """How functions find what is stored."""
        return {
            "HM_TABLE": self.table.table_name,
            "HM_BUCKET": self.bucket.bucket_name,
            "HM_SLACK_SECRET": _slack_token_name(self.stage),
            "HM_SOURCE_SECRETS": _source_secrets_name(self.stage),
            "HM_LINK_SECRET": _link_key_name(self.stage),
            "HM_CRM_SECRETS": _crm_secrets_name(self.stage),
        }


def may_use_rows(role: iam.IRole, table: dynamodb.ITable, indexes: tuple[str, ...] = ()) -> None:
    """Let whoever has this role read and write the table's items, and read the indexes it names."""
    allow(role, READ_ROWS, [table.table_arn, *(f"{table.table_arn}/index/{index}" for index in indexes)])
    allow(role, WRITE_ROWS, [table.table_arn])


def may_write_many_rows(role: iam.IRole, table: dynamodb.ITable) -> None:
    """Let whoever has this role write items of the table many at once."""
    allow(role, ("dynamodb:BatchWriteItem",), [table.table_arn])


def may_remove_rows(role: iam.IRole, table: dynamodb.ITable) -> None:
    """Let whoever has this role delete items of the table."""
    allow(role, ("dynamodb:DeleteItem", "dynamodb:BatchWriteItem"), [table.table_arn])


def may_use_files(
    role: iam.IRole,
    bucket: s3.Bucket,
    read: tuple[str, ...],
    write: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
) -> None:
    """Let whoever has this role read, write and delete files below the named folders of the bucket."""
    for action, folders in (("s3:GetObject", read), ("s3:PutObject", write), ("s3:DeleteObject", remove)):
        if folders:
            allow(role, (action,), [bucket.arn_for_objects(f"{folder}/*") for folder in folders])
    if read:
        # Without this a file that does not exist is answered with "denied" instead of "not found".
        allow(role, ("s3:ListBucket",), [bucket.bucket_arn])
    arn = _seen_from_another_stack(bucket)
    for folder in {*read, *write, *remove}:
        reason = f"Only what lies below {folder}/; the names of its files are made from dates and batches."
        explain(role, f"AwsSolutions-IAM5[Resource::{arn}/{folder}/*]", reason)


def _table(scope: Construct, stage: Stage) -> dynamodb.Table:
    recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=stage.keeps_data)
    table = dynamodb.Table(
        scope,
        "Table",
        partition_key=_text("pk"),
        sort_key=_text("sk"),
        time_to_live_attribute=EXPIRES_AT,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=recovery,
        deletion_protection=stage.keeps_data,
        removal_policy=stage.removal,
    )
    whole, keys = dynamodb.ProjectionType.ALL, dynamodb.ProjectionType.KEYS_ONLY
    # Sparse: only items that carry both attributes appear, so each index holds what is open or due and nothing else.
    _index(table, "open_by_csm", "csm", "opened_at", whole)
    _index(table, "due", "due_kind", "due_at", whole)
    _index(table, "directory", "shard", "account_id", keys)
    if not stage.keeps_data:
        explain(table, "AwsSolutions-DDB3", "This stage holds invented data that can be made again.")
    return table


def _bucket(scope: Construct, stage: Stage) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        "Bucket",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                noncurrent_version_expiration=OLD_VERSIONS_KEPT,
                abort_incomplete_multipart_upload_after=Duration.days(7),
            ),
            s3.LifecycleRule(prefix="inbox/", expiration=BODIES_KEPT),
            s3.LifecycleRule(prefix=f"{MAIL}/", expiration=MAIL_KEPT, noncurrent_version_expiration=Duration.days(1)),
            s3.LifecycleRule(prefix="seen/", expiration=SEEN_KEPT, noncurrent_version_expiration=Duration.days(1)),
            s3.LifecycleRule(prefix="names/", expiration=NAMES_KEPT, noncurrent_version_expiration=Duration.days(1)),
        ],
        removal_policy=stage.removal,
    )
    explain(bucket, "AwsSolutions-S1", "Only our own functions read it; access logs would need a second bucket.")
    if stage.reply_domain:
        _let_mail_in(bucket, stage)
    return bucket


def _let_mail_in(bucket: s3.Bucket, stage: Stage) -> None:
    """SES may lay down what arrives at our reply domain, by our rule and no other, and every arrival is told."""
    rule = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:receipt-rule-set/{stage.prefix}:receipt-rule/*"
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("ses.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{MAIL}/*")],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": rule}},
        )
    )
    inner = bucket.node.default_child
    assert isinstance(inner, s3.CfnBucket)
    # The CDK's own switch would bring a function of its own that sets it.
    inner.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )


def _slack_token(scope: Construct, stage: Stage) -> secretsmanager.Secret:
    says = (
        'The Slack app\'s, put here by a person as {"bot_token": "xoxb-...", "signing_secret": "..."}; '
        "until then a made-up token, and whoever posts to us in Slack's name is refused."
    )
    secret = _secret(scope, "SlackToken", stage, _slack_token_name(stage), says, ("bot_token",))
    explain(secret, "AwsSolutions-SMG4", "Slack issues the token and a person puts it here; AWS cannot rotate it.")
    return secret


def _link_key(scope: Construct, stage: Stage) -> secretsmanager.Secret:
    says = 'The key of the tokens in the links and addresses of customer mail, as {"key": "..."}. Made up.'
    secret = _secret(scope, "LinkKey", stage, _link_key_name(stage), says, ("key",), length=64)
    explain(secret, "AwsSolutions-SMG4", "Another key would break the links in mails that were sent.")
    return secret


def _salesforce(scope: Construct, stage: Stage) -> secretsmanager.Secret:
    says = (
        'A Salesforce app\'s, put here by a person as {"client_id": "...", "client_secret": "..."}; '
        "until then a made-up one."
    )
    name = f"{_crm_secrets_name(stage)}/salesforce"
    secret = _secret(scope, "Salesforce", stage, name, says, ("client_secret", "client_id"))
    explain(secret, "AwsSolutions-SMG4", "Salesforce issues it, and a person puts it here.")
    return secret


def _source_secret(scope: Construct, stage: Stage, source: Source) -> secretsmanager.Secret:
    parts = "; ".join(f"{field}: {what}" for field, what in source.secret.items())
    says = f"{source.title}, as JSON. {parts} Until a person puts it here, a made-up one."
    name = f"{_source_secrets_name(stage)}/{source.name}"
    secret = _secret(scope, f"Source-{source.name}", stage, name, says, tuple(source.secret), length=48)
    explain(secret, "AwsSolutions-SMG4", "The other side issues or knows it, and a person puts it here.")
    return secret


def _secret(
    scope: Construct, id: str, stage: Stage, name: str, says: str, fields: tuple[str, ...], length: int | None = None
) -> secretsmanager.Secret:
    """JSON whose first field is made up and whose others are empty, until a person puts the real ones here."""
    first, *others = fields
    return secretsmanager.Secret(
        scope,
        id,
        secret_name=name,
        description=says,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps(dict.fromkeys(others, "")),
            generate_string_key=first,
            exclude_punctuation=True,
            password_length=length,
        ),
        removal_policy=stage.removal_by_name,
    )


def _source_secrets_name(stage: Stage) -> str:
    return f"health-monitor/{stage.name}/sources"


def _crm_secrets_name(stage: Stage) -> str:
    return f"health-monitor/{stage.name}/crm"


def _link_key_name(stage: Stage) -> str:
    return f"health-monitor/{stage.name}/links"


def _slack_token_name(stage: Stage) -> str:
    return f"health-monitor/{stage.name}/slack"


def _index(table: dynamodb.Table, name: str, partition: str, sort: str, projection: dynamodb.ProjectionType) -> None:
    table.add_global_secondary_index(
        index_name=name, partition_key=_text(partition), sort_key=_text(sort), projection_type=projection
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _seen_from_another_stack(bucket: s3.Bucket) -> str:
    """The bucket's ARN as a template of another stack, and so a finding about that, spells it."""
    owner = Stack.of(bucket)
    return str(owner.resolve(owner.export_value(bucket.bucket_arn))["Fn::ImportValue"])
