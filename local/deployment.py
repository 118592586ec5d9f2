"""A deployment of Headgate as its users meet it, on AWS or on the embedded stack: two addresses, tokens and keys."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

ClientOf = Callable[[str], Any]
"""Service name -> its boto3 client, with an administrator's credentials."""


class Deployment:
    """CloudFormation's stack `name`. `endpoint_url` is the embedded stack's; without it the addresses are AWS's own."""

    def __init__(self, client_of: ClientOf, name: str, endpoint_url: str | None = None) -> None:
        self.client_of = client_of
        self.name = name
        self._endpoint_url = endpoint_url
        stack = client_of("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        self.outputs: dict[str, str] = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def physical_id(self, logical_id: str) -> str:
        found = self.client_of("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def tokens_url(self) -> str:
        """Where requests with an access token go."""
        return self._address(self.outputs["HttpApiUrl"])

    def keys_url(self) -> str:
        """Where requests with an API key, and signed links, go."""
        return self._address(self.outputs["KeysApiUrl"])

    def _address(self, url: str) -> str:
        """The embedded stack has one host: its gateway takes the API's id from the path."""
        api_id = str(urlsplit(url).hostname).split(".")[0]
        return f"{self._endpoint_url}/_aws/execute-api/{api_id}/$default" if self._endpoint_url else url

    def reachable(self, link: str) -> str:
        """A link that the deployment made, as this machine can follow it."""
        parts = urlsplit(link)
        return f"{self.keys_url()}{parts.path}?{parts.query}" if self._endpoint_url else link

    def with_token(self, token: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.tokens_url(), headers=headers, timeout=60)

    def with_key(self, key: str | None) -> httpx.Client:
        headers = {"X-Api-Key": key} if key else {}
        return httpx.Client(base_url=self.keys_url(), headers=headers, timeout=60)

    @contextlib.contextmanager
    def person(self, role: str, tenant: str) -> Iterator[dict[str, str]]:
        """Cognito's tokens (`AccessToken`, `IdToken`) of a new member of the group `role`, who is gone afterwards."""
        cognito, pool = self.client_of("cognito-idp"), self.outputs["UserPoolId"]
        name, password = f"{role}-{secrets.token_hex(4)}@example.com", f"Aa1!{secrets.token_hex(12)}"
        attributes = [
            {"Name": "email", "Value": name},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "custom:tenant", "Value": tenant},
        ]
        user = {"Username": name, "UserAttributes": attributes, "TemporaryPassword": password}
        cognito.admin_create_user(UserPoolId=pool, MessageAction="SUPPRESS", **user)
        try:
            cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=role)
            signed_in = cognito.admin_initiate_auth(
                UserPoolId=pool,
                ClientId=self.outputs["DashboardClientId"],
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": password},
            )
            yield signed_in["AuthenticationResult"]
        finally:
            cognito.admin_delete_user(UserPoolId=pool, Username=name)

    def partner(self, tenant: str) -> str:
        """An access token of the app client of the partner `tenant`, as its system gets one."""
        cognito, pool = self.client_of("cognito-idp"), self.outputs["UserPoolId"]
        client_id = self.physical_id(f"Partner{tenant.title()}Client")
        client = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]
        domain = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Domain"]
        region = cognito.meta.region_name
        url = self._endpoint_url or f"https://{domain}.auth.{region}.amazoncognito.com"
        answer = httpx.post(
            f"{url}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(client_id, client["ClientSecret"]),
            timeout=30,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])
