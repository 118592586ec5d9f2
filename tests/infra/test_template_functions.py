"""What the emulator ignores in silence, asserted on the emitted template: functions, doors, roles, alarms."""

import json
import re
from typing import Any

import pytest

from app.domain.access import ROLES, Scope
from app.main import CORS
from app.settings import Settings
from local.provision import Names
from tests.infra.conftest import ROOT

OPENAPI = json.loads((ROOT / "openapi.json").read_text())
WORKERS = ["Events", "Schedule"]
FUNCTIONS = ["Api", *WORKERS]
ALL_ROLES = ["ApiRole", "EventsRole", "ScheduleRole", "ClaimsRole"]


def variables(template: Any, function: str) -> dict[str, Any]:
    return template.of("Lambda::Function")[f"{function}LambdaFunction"]["Environment"]["Variables"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_knows_every_resource_and_no_setting_is_misspelt(template: Any, function: str) -> None:
    given = variables(template, function)
    resources = {f"HEADGATE_{name.upper()}" for name in vars(Names) if not name.startswith("_")}
    assert resources <= set(given)
    assert all(isinstance(given[name], dict) for name in resources), "each is a Ref, not a name written twice"
    known = {f"HEADGATE_{name.upper()}" for name in Settings.model_fields}
    assert set(given) <= known


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_variables_are_settings_that_load(template: Any, function: str, monkeypatch: Any) -> None:
    for name, value in variables(template, function).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "resolved-to-something")
    settings = Settings()
    assert settings.stage == "prod"
    assert settings.work_in_requests is (function != "Api")
    assert settings.trust_gateway_claims is (function == "Api"), "only what API Gateway invokes may believe it"


def test_four_functions_from_one_zip_with_a_role_each(template: Any) -> None:
    functions = template.of("Lambda::Function")
    assert len({json.dumps(one["Code"], sort_keys=True) for one in functions.values()}) == 1
    assert sorted(one["Role"]["Fn::GetAtt"][0] for one in functions.values()) == sorted(ALL_ROLES)
    for one in functions.values():
        assert (one["Runtime"], one["Architectures"]) == ("python3.12", ["arm64"])
        assert one["TracingConfig"] == {"Mode": "Active"}
        module, _, name = one["Handler"].rpartition(".")
        assert re.search(rf"^def {name}\(", (ROOT / f"{module.replace('.', '/')}.py").read_text(), re.MULTILINE)
    assert functions["ApiLambdaFunction"]["Timeout"] < 30, "API Gateway does not wait longer"


def test_logs_end_and_are_encrypted(template: Any) -> None:
    for name, group in template.of("Logs::LogGroup").items():
        assert group["RetentionInDays"] == 400, name
        assert group["KmsKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}, name


def test_events_come_in_batches_that_fail_in_part(template: Any) -> None:
    (source,) = template.of("Lambda::EventSourceMapping").values()
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2
    queues = template.of("SQS::Queue")
    events = queues["EventsQueue"]
    assert events["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        "maxReceiveCount": 5,
    }
    timeout = template.of("Lambda::Function")["EventsLambdaFunction"]["Timeout"]
    assert events["VisibilityTimeout"] >= timeout, "or Lambda refuses the source"
    assert Settings().file_lease_seconds >= timeout
    for queue in queues.values():
        assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
    for policy in template.of("SQS::QueuePolicy").values():
        denied = policy["PolicyDocument"]["Statement"][-1]
        assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_scheduler_may_really_invoke_its_function(template: Any) -> None:
    (tick,) = template.of("Scheduler::Schedule").values()
    assert tick["ScheduleExpression"] == "rate(1 minutes)"
    function = {"Fn::GetAtt": ["ScheduleLambdaFunction", "Arn"]}
    assert tick["Target"]["Arn"] == function
    role = template.resources[tick["Target"]["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    (invoke,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (invoke["Action"], invoke["Resource"]) == ("lambda:InvokeFunction", function)


def test_athenas_ends_reach_the_queue(template: Any) -> None:
    (rule,) = template.of("Events::Rule").values()
    groups = [{"Ref": f"{size}Workgroup"} for size in ("Small", "Medium", "Large")]
    assert rule["EventPattern"]["detail"]["workgroupName"] == groups
    assert rule["Targets"] == [{"Id": "queue", "Arn": {"Fn::GetAtt": ["EventsQueue", "Arn"]}}]


def operations() -> dict[str, str | None]:
    return {
        f"{method.upper()} {path}": operation.get("x-required-scope")
        for path, methods in OPENAPI["paths"].items()
        for method, operation in methods.items()
    }


def routes_of(template: Any, api: str) -> dict[str, Any]:
    found = template.of("ApiGatewayV2::Route").values()
    return {one["RouteKey"]: one for one in found if one["ApiId"] == {"Ref": api}}


def test_every_operation_has_a_route_that_asks_for_its_scope_and_there_is_no_other(template: Any) -> None:
    routes, wanted = routes_of(template, "HttpApi"), operations()
    pages = {"GET /docs", "GET /docs/{name}", "GET /openapi.json"}
    assert set(routes) == set(wanted) | pages
    for key, scope in wanted.items():
        if scope is None:
            continue
        assert routes[key]["AuthorizationType"] == "JWT", key
        named = [one.value for one in Scope] if scope == "any" else [scope]
        assert routes[key]["AuthorizationScopes"] == sorted(f"headgate/{one}" for one in named), key
    open_doors = {key for key, route in routes.items() if route.get("AuthorizationType", "NONE") == "NONE"}
    assert open_doors == pages | {"GET /health"}


def test_keys_have_a_door_of_their_own_with_every_path(template: Any) -> None:
    routes = routes_of(template, "KeysApi")
    assert {route["AuthorizationType"] for route in routes.values()} == {"NONE"}, "the application asks"
    for key in operations():
        method, path = key.split(" ")
        assert f"{method} /v1/{{proxy+}}" in routes or key in routes, (method, path)


def test_the_doors_are_throttled_logged_and_open_to_the_dashboard(template: Any) -> None:
    stages = template.of("ApiGatewayV2::Stage")
    assert len(stages) == 2
    for stage in stages.values():
        settings = stage["DefaultRouteSettings"]
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 100)
        line = json.loads(stage["AccessLogSettings"]["Format"])
        assert "$context.requestId" in line.values()
        assert not {"$context.path", "$context.authorizer.claims"} & set(line.values()), "ids and people stay out"
    apis = template.of("ApiGatewayV2::Api")
    assert len({json.dumps(one["CorsConfiguration"], sort_keys=True) for one in apis.values()}) == 1
    cors = apis["HttpApi"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://a.example"]
    assert {"Authorization", "X-Api-Key", "If-Match", "Idempotency-Key"} <= set(cors["AllowHeaders"])
    said = (cors["AllowMethods"], cors["AllowHeaders"], cors["ExposeHeaders"], cors["MaxAge"])
    assert said == (CORS["allow_methods"], CORS["allow_headers"], CORS["expose_headers"], CORS["max_age"])


def test_tokens_are_those_of_the_pools_clients(template: Any) -> None:
    (authorizer,) = template.of("ApiGatewayV2::Authorizer").values()
    clients = template.of("Cognito::UserPoolClient")
    assert set(clients) == {"DashboardClient", "PartnerAcmeClient", "PartnerZenithClient"}
    assert authorizer["JwtConfiguration"]["Audience"] == [{"Ref": name} for name in clients]
    assert authorizer["JwtConfiguration"]["Issuer"] == variables(template, "Api")["HEADGATE_JWT_ISSUER"]
    assert "custom:tenant" not in clients["DashboardClient"]["WriteAttributes"], "or people choose their tenant"
    assert clients["PartnerAcmeClient"]["AllowedOAuthScopes"] == [
        "tenant/acme",
        *sorted(f"headgate/{scope}" for scope in ROLES["partner"]),
    ]


def test_the_pool_knows_our_scopes_and_roles(template: Any) -> None:
    servers = template.of("Cognito::UserPoolResourceServer")
    scopes = {one["ScopeName"] for one in servers["Scopes"]["Scopes"]}
    assert scopes == {scope.value for scope in Scope}
    assert {one["GroupName"] for one in template.of("Cognito::UserPoolGroup").values()} == set(ROLES)
    (pool,) = template.of("Cognito::UserPool").values()
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V3_0"
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_no_role_has_a_wildcard_where_aws_allows_a_name(template: Any) -> None:
    for role in ALL_ROLES:
        for statement in template.statements(role):
            actions = statement["Action"]
            assert isinstance(actions, list)
            assert not [one for one in actions if "*" in one], (role, actions)
            if statement["Resource"] == "*":
                assert {one.split(":")[0] for one in actions} == {"xray"}, (role, actions)


def granted(template: Any, role: str, action: str) -> str:
    """The resources on which a role may do something, as text."""
    may = [s["Resource"] for s in template.statements(role) if s["Effect"] == "Allow" and action in s["Action"]]
    return json.dumps(may)


def test_the_api_cannot_write_data_and_the_workers_can(template: Any) -> None:
    data = ("Pristine", "Curated", "Business")
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not [tier for tier in data if tier in granted(template, "ApiRole", action)]
    denied = [s for s in template.statements("ApiRole") if s["Effect"] == "Deny" and "s3:PutObject" in s["Action"]]
    assert [tier for tier in data if tier in json.dumps(denied)] == list(data)
    for worker in WORKERS:
        assert all(tier in granted(template, f"{worker}Role", "s3:PutObject") for tier in data)
        assert "Pristine" not in granted(template, f"{worker}Role", "s3:DeleteObject"), "originals stay"


def test_nobody_scans_and_the_api_does_not_see_the_work_of_all_tenants(template: Any) -> None:
    for role in ALL_ROLES:
        assert granted(template, role, "dynamodb:Scan") == "[]"
        for statement in template.statements(role):
            if any(one.startswith("dynamodb:") for one in statement["Action"]) and statement["Effect"] == "Allow":
                assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["T#*"]}}
    assert "index/gsi2" not in granted(template, "ApiRole", "dynamodb:Query")
    assert "index/gsi2" in granted(template, "EventsRole", "dynamodb:Query")
    assert granted(template, "ClaimsRole", "dynamodb:GetItem") == "[]"


def test_every_alarm_goes_to_a_person_and_has_its_page(template: Any) -> None:
    pages = (ROOT / "docs/operations.md").read_text()
    for alarm in template.of("CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        name = alarm["AlarmName"].removeprefix("headgate-prod-")
        assert f"### {name}\n" in pages, name
    (topic,) = template.of("SNS::Topic").values()
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "someone@example.com"}]


def test_alarms_on_what_is_logged_have_a_filter_that_counts_it(template: Any) -> None:
    made = {one["MetricTransformations"][0]["MetricName"] for one in template.of("Logs::MetricFilter").values()}
    asked = set(re.findall(r'"MetricName": "(prod-[a-z-]+)"', json.dumps(template.of("CloudWatch::Alarm"))))
    assert asked == made


def test_what_does_not_match_counts_as_nothing_instead_of_leaving_a_gap(template: Any) -> None:
    """Where points are missing, CloudWatch judges older ones: an alarm rings late, or does not end."""
    for name, one in template.of("Logs::MetricFilter").items():
        (transformation,) = one["MetricTransformations"]
        assert transformation["DefaultValue"] == 0, name
        assert "Dimensions" not in transformation, "CloudWatch refuses a default value beside them"
    (result,) = [one for one in alarm(template, "no-tick")["Metrics"] if one["ReturnData"]]
    assert result["Expression"] == "FILL(m0, 0)"


def alarm(template: Any, name: str) -> Any:
    return next(a for a in template.of("CloudWatch::Alarm").values() if a["AlarmName"] == f"headgate-prod-{name}")


def metrics_of(alarm: Any) -> list[Any]:
    return [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]


def test_throttles_of_the_indexes_are_seen(template: Any) -> None:
    seen = {
        (one["MetricName"], named.get("GlobalSecondaryIndexName"))
        for one in metrics_of(alarm(template, "table-throttles"))
        if (named := {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]})["TableName"]
    }
    (table,) = template.of("DynamoDB::Table").values()
    indexes = [None, *(index["IndexName"] for index in table["GlobalSecondaryIndexes"])]
    assert seen == {(f"{kind}ThrottleEvents", index) for kind in ("Read", "Write") for index in indexes}


def test_one_event_that_fails_is_no_event_that_is_late(template: Any) -> None:
    queue = template.of("SQS::Queue")["EventsQueue"]
    assert alarm(template, "events-late")["Threshold"] > (
        queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    )


def test_dead_letters_are_events_alone(template: Any) -> None:
    """SQS moves back only what came from a queue: a function's on-failure record among them would stop it."""
    invoked = template.of("Lambda::EventInvokeConfig").values()
    assert not [one for one in invoked if one.get("DestinationConfig")]
    assert granted(template, "ScheduleRole", "sqs:SendMessage") == "[]"


def test_the_alarms_that_the_cost_sum_counts_are_those_that_there_are(template: Any) -> None:
    alarms = template.of("CloudWatch::Alarm").values()
    asked = sum(len(metrics_of(one)) for one in alarms)
    counted = {one["MetricTransformations"][0]["MetricName"] for one in template.of("Logs::MetricFilter").values()}
    costs = f"{len(alarms)} alarms over {asked} metrics {asked * 0.1:.2f}; {len(counted)} counted metrics"
    assert f"{costs} {len(counted) * 0.3:.2f}" in (ROOT / "docs/operations.md").read_text()


def test_a_dev_stage_has_nobody_to_write_to_and_can_be_removed(emit: Any) -> None:
    dev = emit("dev")
    (table,) = dev.of("DynamoDB::Table").values()
    assert table["DeletionProtectionEnabled"] is False
    (topic,) = dev.of("SNS::Topic").values()
    assert "Subscription" not in topic
    assert set(dev.of("Cognito::UserPoolClient")) == {"DashboardClient"}
