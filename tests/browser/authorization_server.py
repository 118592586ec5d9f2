"""What stands for Cognito's hosted pages: authorization code with PKCE, refresh, revocation, sign-out.

As strict as Cognito where the dashboard could be wrong: registered addresses only, S256 only, a code works once, the
client has no secret. Tokens are what `app/claims.py` makes of a person's.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from app.domain.access import ROLES

CLIENT = "4dashboardclient"
ISSUER = "https://cognito-idp.test/pool"


@dataclass
class Authority:
    """Its state; tests read what was asked and change how it answers."""

    site: str
    """Where a sign-in and a sign-out may lead back to."""
    seconds: int = 3600
    """How long access tokens are good for."""
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def grants(self) -> list[str]:
        return [form["grant_type"] for path, form in self.asked if path == "/oauth2/token"]

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str | None:
        """The address that the person who signs in is sent back to; None for a request that Cognito refuses."""
        is_ours = (asked.get("client_id"), asked.get("redirect_uri")) == (CLIENT, self.site)
        is_bound = asked.get("code_challenge_method") == "S256" and len(asked.get("code_challenge", "")) == 43
        if not (is_ours and is_bound and asked.get("response_type") == "code" and asked.get("state")):
            return None
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{self.site}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        if form.get("client_id") != CLIENT or "client_secret" in form:
            return None
        if form["grant_type"] == "refresh_token":
            return self._tokens() if form["refresh_token"] in self.refreshes else None
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (challenge, form.get("redirect_uri")):
            return None
        refresh = secrets.token_urlsafe()
        self.refreshes.add(refresh)
        return self._tokens() | {"refresh_token": refresh}

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        scopes = ["openid", *(f"headgate/{scope}" for scope in ROLES["engineer"])]
        claims = {"iss": ISSUER, "sub": "jane", "client_id": CLIENT, "token_use": "access", "tenant": "main"}
        times = {"iat": now, "exp": now + 3600, "jti": secrets.token_hex(8), "scope": " ".join(scopes)}
        token = jwt.encode(claims | times, self.key, algorithm="RS256", headers={"kid": "k1"})
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.seconds}


def handler_of(authority: Authority) -> Callable[..., BaseHTTPRequestHandler]:
    class Hosted(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            authority.asked.append((path, asked))
            if path == "/keys":
                self._send(200, json.dumps(authority.keys()), "application/json")
            elif path == "/oauth2/authorize" and (back := authority.authorize(asked)):
                self._send(200, f'<link rel=icon href=data:,><a href="{back.replace("&", "&amp;")}">I am Jane</a>')
            elif path == "/logout" and (asked.get("client_id"), asked.get("logout_uri")) == (CLIENT, authority.site):
                self._send(302, "", location=authority.site)
            else:
                self._send(400, "refused")

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
            authority.asked.append((self.path, form))
            if self.path == "/oauth2/revoke":
                authority.refreshes.discard(form["token"])
                self._send(200, "")
                return
            given = authority.token(form)
            self._send(200 if given else 400, json.dumps(given or {"error": "invalid_grant"}), "application/json")

        def _send(self, status: int, text: str, kind: str = "text/html", location: str | None = None) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.send_header("access-control-allow-origin", "*")
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Hosted
