"""The stack as an AWS account: IAM policies and signatures decide (MiniStack's AUTH), calls come as over TLS, and the
functions run by a bare Python of their own.

MiniStack runs a function by the Python that runs MiniStack, whose site-packages a function would find beside its zip:
a library that the zip lacks would go unnoticed.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from types import ModuleType
from typing import Any

from local.athena.callers import callers

Scope = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]


def install(app: ModuleType, lambda_python: str) -> None:
    """Let `lambda_python`, an interpreter's path, run every function of a Python runtime. `app` is `ministack.app`."""
    from ministack.core import iam_actions, lambda_runtime

    if not app.AUTH:
        raise RuntimeError("MiniStack read its settings before AUTH was set")
    binary_of = lambda_runtime._detect_runtime_binary  # noqa: SLF001 - see the contract test

    def detected(runtime: str) -> tuple[str, str]:
        binary, script = binary_of(runtime)
        return (lambda_python if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = detected  # noqa: SLF001
    iam_actions.extract_resource_arn = _of_executions_workgroup(iam_actions.extract_resource_arn)
    callers.judge = _judged


def _judged(access_key: str, action: str, arn: str) -> str | None:
    """Whether a query's caller may, by MiniStack's evaluation of policies."""
    from ministack.core.iam_evaluator import enforce, pin_request_origin
    from ministack.core.responses import get_region

    pin_request_origin("127.0.0.1", secure_transport=True)  # Athena asks over TLS
    if enforce(access_key, action, action.partition(":")[0], get_region(), arn) is None:
        return None
    return f"not authorized to perform {action} on {arn}"


def _of_executions_workgroup(arn_of: Callable[..., str]) -> Callable[..., str]:
    """What is asked of an execution is asked of its workgroup (Service Authorization Reference, Amazon Athena);
    MiniStack knows that of calls only that name the workgroup.
    """
    from ministack.services import athena

    def found(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if service == "athena":
            asked = json.loads(body or b"{}")
            execution = athena._executions.get(asked.get("QueryExecutionId"))  # noqa: SLF001
            if execution is not None:
                body = json.dumps({"WorkGroup": execution["WorkGroup"]}).encode()
        return arn_of(service, method, path, headers, body, *rest)

    return found


def over_tls(application: Application) -> Application:
    """The same ASGI application, told that TLS ended before it: policies refuse what comes without, and on a laptop
    the loopback stands for it.
    """

    async def secured(scope: Scope, *channels: Any) -> None:
        await application({**scope, "scheme": "https"} if scope["type"] == "http" else scope, *channels)

    return secured
