"""deploy/medallion.yaml: what it allows, what it refuses, and how the bucket and the application are kept.

IAM's policies are those that CloudFormation makes of the template (moto's, which checks their form too);
what moto does not make is read from the template itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from aws.policies import Ask, actions, as_list, is_allowed, statements
from runner.emr.application import wanted_settings
from runner.emr.environment import load_environment
from runner.emr.permissions import PERMISSIONS

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "deploy" / "medallion.yaml"
OWN = {"MEDALLION_EMR_BUCKET": "the-lake", "MEDALLION_EMR_JOB_ROLE": "arn:aws:iam::123456789012:role/job"}
HERE = "eu-west-1:123456789012"
APPLICATION = f"arn:aws:emr-serverless:{HERE}:/applications/00f"
BUCKET = "arn:aws:s3:::the-lake"
GLUE = f"arn:aws:glue:{HERE}"
TO_EMR = {"iam:PassedToService": "emr-serverless.amazonaws.com"}
TAGGED = {"aws:ResourceTag/medallion": "medallion-dev", "aws:RequestTag/medallion": "medallion-dev"}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: !Ref x is {"Ref": "x"}, !Sub x is {"Fn::Sub": "x"}."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    construct = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: loader.construct_sequence,
        yaml.MappingNode: loader.construct_mapping,
    }[type(node)]
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": construct(node)}


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True)
class Stack:
    """The policies of a stack as IAM holds them, and its outputs."""

    job: list[dict[str, Any]]
    submitter: list[dict[str, Any]]
    deployer: list[dict[str, Any]]
    schedule: list[dict[str, Any]]
    trust: dict[str, dict[str, Any]]
    outputs: dict[str, str]

    @property
    def all(self) -> list[dict[str, Any]]:
        return [*self.job, *self.submitter, *self.deployer, *self.schedule]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Loader)
    return loaded


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    # moto makes no EMR application: its ARN stands in for the reference
    text = TEMPLATE.read_text().replace("!GetAtt Application.Arn", APPLICATION)
    text = text.replace("${Application.Arn}", APPLICATION)
    parameters = {"BucketName": "the-lake", "ScheduleExpression": "rate(1 day)"}
    parameters |= {"SchedulePackage": "0" * 16, "ScheduleSparkParameters": "--conf a=b"}
    with mock_aws():
        cloud = boto3.client("cloudformation", region_name="eu-west-1")
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        cloud.create_stack(
            StackName="lake", TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
        outputs = cloud.describe_stacks(StackName="lake")["Stacks"][0]["Outputs"]
        yield _read_stack({one["OutputKey"]: one["OutputValue"] for one in outputs})


def _read_stack(outputs: dict[str, str]) -> Stack:
    iam = boto3.client("iam", region_name="eu-west-1")

    def inline(role: str) -> list[dict[str, Any]]:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return [document if isinstance(document, dict) else yaml.safe_load(document) for document in found]

    def managed(arn: str) -> list[dict[str, Any]]:
        return [iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]]

    roles = {role["RoleName"].split("-")[1]: role for role in iam.list_roles()["Roles"]}
    return Stack(
        job=inline(roles["JobRole"]["RoleName"]),
        submitter=managed(outputs["SubmitterPolicyArn"]),
        deployer=managed(outputs["DeployerPolicyArn"]),
        schedule=inline(roles["ScheduleRole"]["RoleName"]),
        trust={name: role["AssumeRolePolicyDocument"] for name, role in roles.items()},
        outputs=outputs,
    )


def of(stack: Stack, principal: str) -> list[dict[str, Any]]:
    policies: list[dict[str, Any]] = getattr(stack, principal)
    return policies


@pytest.mark.parametrize(
    ("principal", "action", "resource", "context"),
    [
        ("job", "s3:GetObject", f"{BUCKET}/raw/orders/a.csv", {}),
        ("job", "s3:GetObject", f"{BUCKET}/packages/0123/project.tar.gz", {}),
        ("job", "s3:PutObject", f"{BUCKET}/warehouse/dev_silver.db/orders/data/x.parquet", {}),
        ("job", "s3:DeleteObject", f"{BUCKET}/warehouse/dev_silver.db/orders/data/x.parquet", {}),
        ("job", "s3:PutObject", f"{BUCKET}/runs/r/events/000001.jsonl", {}),
        ("job", "s3:GetObject", f"{BUCKET}/runs/r/request.json", {}),
        ("job", "s3:PutObject", f"{BUCKET}/logs/applications/00f/jobs/1/SPARK_DRIVER/stdout.gz", {}),
        ("job", "s3:PutObject", f"{BUCKET}/locks/dev.json", {}),
        ("job", "s3:DeleteObject", f"{BUCKET}/locks/dev.json", {}),
        ("job", "s3:ListBucket", BUCKET, {"s3:prefix": "raw/orders/"}),
        ("job", "glue:GetTable", f"{GLUE}:table/dev_silver/orders", {}),
        ("job", "glue:CreateTable", f"{GLUE}:table/dev_bronze/orders", {}),
        ("job", "glue:UpdateTable", f"{GLUE}:table/dev_gold/daily_sales", {}),
        ("job", "glue:DeleteTable", f"{GLUE}:table/dev_gold/daily_sales", {}),
        ("job", "glue:CreateDatabase", f"{GLUE}:database/dev_gold", {}),
        ("job", "glue:GetDatabase", f"{GLUE}:database/default", {}),
        ("job", "glue:GetDatabases", f"{GLUE}:catalog", {}),
        ("submitter", "emr-serverless:ListApplications", "*", {}),
        ("submitter", "emr-serverless:StartJobRun", APPLICATION, {}),
        ("submitter", "emr-serverless:CancelJobRun", f"{APPLICATION}/jobruns/1", {}),
        ("submitter", "iam:PassRole", "{JobRoleArn}", TO_EMR),
        ("submitter", "s3:PutObject", f"{BUCKET}/packages/0123/driver.py", {}),
        ("submitter", "s3:PutObject", f"{BUCKET}/runs/r/cancel", {}),
        ("submitter", "s3:PutObject", f"{BUCKET}/raw/orders/a.csv", {}),
        ("submitter", "s3:GetObject", f"{BUCKET}/runs/r/artifacts/manifest.json", {}),
        ("submitter", "s3:ListBucket", BUCKET, {"s3:prefix": "runs/r/events/"}),
        # S3 asks this before it says of one object that it is not there: else a missing one is "forbidden"
        ("submitter", "s3:ListBucket", BUCKET, {}),
        ("job", "s3:ListBucket", BUCKET, {}),
        ("deployer", "emr-serverless:CreateApplication", "*", TAGGED),
        (
            "deployer",
            "emr-serverless:DeleteApplication",
            f"arn:aws:emr-serverless:{HERE}:/applications/1",
            TAGGED,
        ),
        ("deployer", "s3:DeleteObject", f"{BUCKET}/packages/0123/driver.py", {}),
        ("schedule", "emr-serverless:StartJobRun", APPLICATION, {}),
        ("schedule", "iam:PassRole", "{JobRoleArn}", TO_EMR),
    ],
)
def test_allowed(
    stack: Stack, principal: str, action: str, resource: str, context: Mapping[str, str]
) -> None:
    assert is_allowed(of(stack, principal), Ask(action, resource.format(**stack.outputs), context))


@pytest.mark.parametrize(
    ("principal", "action", "resource", "context"),
    [
        ("job", "s3:GetObject", "arn:aws:s3:::another-bucket/raw/a.csv", {}),
        ("job", "s3:PutObject", f"{BUCKET}/raw/orders/a.csv", {}),  # what landed is the source's
        ("job", "s3:DeleteObject", f"{BUCKET}/raw/orders/a.csv", {}),
        ("job", "s3:PutObject", f"{BUCKET}/packages/0123/driver.py", {}),  # a job cannot change what jobs run
        ("job", "s3:DeleteObject", f"{BUCKET}/runs/r/result.json", {}),
        ("job", "s3:DeleteObject", f"{BUCKET}/logs/x", {}),
        ("job", "s3:ListBucket", BUCKET, {"s3:prefix": "private/"}),
        ("job", "s3:ListBucket", BUCKET, {"s3:prefix": ""}),
        ("job", "s3:DeleteBucket", BUCKET, {}),
        ("job", "s3:PutBucketPolicy", BUCKET, {}),
        ("job", "glue:GetTable", f"{GLUE}:table/bronze/orders", {}),  # production's, without the prefix
        ("job", "glue:UpdateTable", f"{GLUE}:table/dev_silver2/orders", {}),
        ("job", "glue:CreateTable", f"{GLUE}:table/default/orders", {}),
        ("job", "glue:DeleteDatabase", f"{GLUE}:database/dev_gold", {}),
        ("job", "glue:CreateDatabase", f"{GLUE}:database/other", {}),
        ("job", "emr-serverless:StartJobRun", APPLICATION, {}),
        ("job", "iam:PassRole", "{JobRoleArn}", TO_EMR),
        ("submitter", "emr-serverless:StartJobRun", f"{APPLICATION}0", {}),
        ("submitter", "emr-serverless:GetJobRun", f"{APPLICATION}0/jobruns/1", {}),
        ("submitter", "emr-serverless:DeleteApplication", APPLICATION, TAGGED),
        ("submitter", "emr-serverless:UpdateApplication", APPLICATION, TAGGED),
        ("submitter", "iam:PassRole", "{JobRoleArn}", {"iam:PassedToService": "ec2.amazonaws.com"}),
        ("submitter", "iam:PassRole", "{JobRoleArn}", {}),
        ("submitter", "iam:PassRole", "arn:aws:iam::123456789012:role/admin", TO_EMR),
        ("submitter", "s3:GetObject", f"{BUCKET}/warehouse/dev_silver.db/orders/data/x.parquet", {}),
        ("submitter", "s3:PutObject", f"{BUCKET}/warehouse/dev_silver.db/orders/metadata/v1.json", {}),
        ("submitter", "s3:DeleteObject", f"{BUCKET}/runs/r/result.json", {}),
        ("submitter", "s3:PutObject", f"{BUCKET}/locks/dev.json", {}),
        ("submitter", "s3:ListBucket", BUCKET, {"s3:prefix": "warehouse/"}),
        ("deployer", "emr-serverless:CreateApplication", "*", {"aws:RequestTag/medallion": "prod"}),
        ("deployer", "emr-serverless:DeleteApplication", APPLICATION, {"aws:ResourceTag/medallion": "prod"}),
        ("deployer", "emr-serverless:StopApplication", APPLICATION, {}),
        # who may tag any application may make it an own one, and remove it
        ("deployer", "emr-serverless:TagResource", APPLICATION, TAGGED),
        (
            "deployer",
            "emr-serverless:TagResource",
            APPLICATION,
            {"aws:RequestTag/medallion": "medallion-dev"},
        ),
        ("deployer", "s3:DeleteObject", f"{BUCKET}/warehouse/x", {}),
        ("deployer", "iam:PassRole", "{JobRoleArn}", TO_EMR),
        ("schedule", "emr-serverless:StartJobRun", f"{APPLICATION}0", {}),
        ("schedule", "iam:PassRole", "arn:aws:iam::123456789012:role/admin", TO_EMR),
    ],
)
def test_refused(
    stack: Stack, principal: str, action: str, resource: str, context: Mapping[str, str]
) -> None:
    assert not is_allowed(of(stack, principal), Ask(action, resource.format(**stack.outputs), context))


@pytest.mark.parametrize(
    ("principal", "listed"), [("job", "job"), ("submitter", "submit"), ("deployer", "deploy")]
)
def test_it_grants_what_is_listed_and_no_more(stack: Stack, principal: str, listed: str) -> None:
    assert actions(of(stack, principal)) == {one.action for one in PERMISSIONS if one.principal == listed}


def test_nothing_is_a_star_that_need_not_be(stack: Stack) -> None:
    assert [action for action in actions(stack.all) if "*" in action] == []
    everything = {
        action
        for statement in statements(stack.all)
        for action in as_list(statement["Action"])
        if "*" in as_list(statement["Resource"])
    }
    # these two know no resource
    assert everything == {"emr-serverless:ListApplications", "emr-serverless:CreateApplication"}
    wide = {
        (action, resource)
        for statement in statements(stack.all)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if resource.endswith(("database/*", "/applications/*", ":::*", "the-lake/*", "role/*"))
    }
    tagged = ("UpdateApplication", "StopApplication", "DeleteApplication")  # by their tag
    assert wide == {("glue:GetDatabases", f"{GLUE}:database/*")} | {
        (f"emr-serverless:{name}", f"arn:aws:emr-serverless:{HERE}:/applications/*") for name in tagged
    }
    for statement in statements(stack.deployer):
        assert "Condition" in statement or statement["Sid"] == "RemovePackages"


def test_roles_are_trusted_to_their_service_in_this_account(stack: Stack) -> None:
    services = {"JobRole": "emr-serverless", "ScheduleRole": "scheduler"}
    assert set(stack.trust) == set(services)
    for name, service in services.items():
        (statement,) = stack.trust[name]["Statement"]
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statement["Action"] == "sts:AssumeRole"
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_the_bucket_is_private_encrypted_versioned_and_stays(template: dict[str, Any]) -> None:
    bucket = template["Resources"]["Bucket"]
    properties = bucket["Properties"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_lifecycle_never_touches_the_lakes_data(template: dict[str, Any]) -> None:
    rules = template["Resources"]["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    assert {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule} == {"logs/", "runs/"}
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    assert any("NoncurrentVersionExpiration" in rule for rule in rules)


@pytest.mark.parametrize(
    ("context", "is_denied"),
    [
        ({"aws:SecureTransport": "false", "s3:TlsVersion": "1.2"}, True),
        ({"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"}, True),
        ({"aws:SecureTransport": "true", "s3:TlsVersion": "1.2"}, False),
        ({"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}, False),
    ],
)
def test_the_bucket_speaks_tls_only(
    template: dict[str, Any], context: dict[str, str], is_denied: bool
) -> None:
    policy = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]
    text = json.dumps(policy).replace('{"Fn::GetAtt": "Bucket.Arn"}', f'"{BUCKET}"')
    resolved = json.loads(text.replace('{"Fn::Sub": "${Bucket.Arn}/*"}', f'"{BUCKET}/*"'))
    own = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}]}
    for resource in (BUCKET, f"{BUCKET}/raw/a.csv"):
        assert is_allowed([own, resolved], Ask("s3:GetObject", resource, context)) is not is_denied


def test_the_application_has_limits_and_stops_by_itself(template: dict[str, Any]) -> None:
    properties = template["Resources"]["Application"]["Properties"]
    assert set(properties["MaximumCapacity"]) == {"Cpu", "Memory", "Disk"}
    assert properties["AutoStartConfiguration"] == {"Enabled": True}
    assert properties["AutoStopConfiguration"] == {
        "Enabled": True,
        "IdleTimeoutMinutes": {"Ref": "IdleMinutes"},
    }
    assert "InitialCapacity" not in properties  # which would cost while nobody works
    wanted = wanted_settings(load_environment(PROJECT, environ=OWN))["schedulerConfiguration"]
    assert {name[0].upper() + name[1:]: value for name, value in wanted.items()} == (
        properties["SchedulerConfiguration"]
    )
    assert template["Parameters"]["Release"]["Default"] == "emr-7.13.0"


def test_databases_stay_and_are_named_as_the_models_layers(template: dict[str, Any]) -> None:
    databases = [one for one in template["Resources"].values() if one["Type"] == "AWS::Glue::Database"]
    named = {one["Properties"]["DatabaseInput"]["Name"]["Fn::Sub"] for one in databases}
    assert named == {f"${{SchemaPrefix}}{layer}" for layer in ("bronze", "silver", "gold")}
    assert {one["DeletionPolicy"] for one in databases} == {"Retain"}


def test_a_schedule_starts_the_job_that_a_submit_would(template: dict[str, Any]) -> None:
    schedule = template["Resources"]["Schedule"]
    assert schedule["Condition"] == template["Resources"]["ScheduleRole"]["Condition"] == "IsScheduled"
    text = schedule["Properties"]["Target"]["Input"]["Fn::Sub"]
    request = json.loads(text.replace("${ScheduleTimeoutMinutes}", "60"))
    shape = (
        boto3.client("emr-serverless", region_name="us-east-1")
        .meta.service_model.operation_model("StartJobRun")
        .input_shape
    )
    assert shape is not None
    known = {name[0].upper() + name[1:] for name in shape.members}
    assert set(request) <= known
    assert {name[0].upper() + name[1:] for name in shape.required_members} <= set(request)
    # each attempt of the scheduler has its own id: a lost answer may start a second job, which the lock ends
    assert request["ClientToken"] == "<aws.scheduler.execution-id>"
    arguments = request["JobDriver"]["SparkSubmit"]["EntryPointArguments"]
    assert "--scheduled" in arguments  # without it the driver wants a request.json, which nobody wrote
    assert "--force-lock" not in arguments
    (rule,) = template["Rules"].values()
    asserted = {str(one["Assert"]) for one in rule["Assertions"]}
    for name in ("SchedulePackage", "ScheduleSparkParameters"):
        assert any(f"{{'Ref': '{name}'}}" in one for one in asserted), name
