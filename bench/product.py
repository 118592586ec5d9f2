"""The product on the embedded stack, as a partner sees it: an HTTP client with a key, and events delivered."""

import os
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from app.bootstrap import Lake, build_lake
from app.settings import Settings
from local.provision import local_environment, provision
from local.stack import Stack


@dataclass(frozen=True)
class Product:
    """`lake` is there for counters and event hooks; what is measured goes through `api`."""

    lake: Lake
    api: httpx.Client

    def get(self, path: str, **params: str) -> Any:
        """The JSON of a GET that must succeed."""
        return _body(self.api.get(path, params=params))

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON of a POST that must succeed."""
        return _body(self.api.post(path, json=body, headers=dict(headers or {})))

    def deliver(self) -> int:
        """Hand all waiting events to the product; how many there were."""
        from local.worker import deliver_all

        return deliver_all(self.lake, patience_seconds=3_600)


def _body(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json()


@contextmanager
def running_product(stack: Stack, **settings: Any) -> Iterator[Product]:
    """The app in this process over names of its own on a running stack; `settings` as in app.settings."""
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    from fastapi.testclient import TestClient

    from app.main import create_app

    os.environ |= local_environment(stack.endpoint_url)
    own = _own_names(Settings(**settings))
    provision(stack.endpoint_url, own)
    lake = build_lake(own)
    with TestClient(create_app(lake)) as api:
        api.headers["x-api-key"] = lake.identity.ensure_admin_key(own.home_tenant)
        product = Product(lake, api)
        product.get("/v1/me")  # the key is now known for `api_key_cache_seconds`
        yield product


def _own_names(settings: Settings) -> Settings:
    """The settings with every name of an AWS resource made its own, so that runs on one stack share nothing."""
    prefix = f"bench{secrets.token_hex(3)}"
    named = {
        field: value.replace("headgate", prefix)
        for field, value in settings.model_dump().items()
        if isinstance(value, str) and value.startswith("headgate")
    }
    return settings.model_copy(update=named)
