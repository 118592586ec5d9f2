"""JWTs, verified against a JWKS where no API Gateway has done it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from app.domain.errors import BackendUnavailable, Unauthenticated
from app.settings import Settings

_ALGORITHMS = ["RS256"]  # one family: no confusion between public keys and shared secrets (RFC 8725, 3.1)
_LEEWAY_SECONDS = 10


class JwksVerifier:
    """Signature, `exp`, `iss`, `aud` and `sub`, all required. Keys are fetched once and cached by PyJWT."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _keys(self) -> Any:
        from jwt import PyJWKClient

        return PyJWKClient(str(self._settings.jwt_jwks_url), cache_keys=True, timeout=5)

    def claims(self, token: str) -> Mapping[str, Any]:
        """The verified claims; Unauthenticated if anything is off."""
        import jwt

        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=_ALGORITHMS,
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "sub", *(["aud"] if self._settings.jwt_audience else [])]},
            )
        except jwt.exceptions.PyJWKClientConnectionError as error:
            raise BackendUnavailable("The identity provider's keys cannot be read; try again.") from error
        except (jwt.exceptions.PyJWTError, ValueError) as error:
            raise Unauthenticated("The token is not valid here; sign in again.") from error
        return claims
