"""Settings come from the environment."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_the_environment_is_read_and_what_is_given_wins(monkeypatch):
    monkeypatch.setenv("HEADGATE_UPLOAD_EXPIRY_SECONDS", "60")
    monkeypatch.setenv("HEADGATE_ATHENA_USD_PER_TB", "6.25")
    monkeypatch.setenv("HEADGATE_TRUST_GATEWAY_CLAIMS", "true")
    monkeypatch.setenv("HEADGATE_CORS_ORIGINS", '["https://a.example", "https://b.example"]')
    monkeypatch.setenv("HEADGATE_STAGE", "prod")
    monkeypatch.setenv("HEADGATE_SOMETHING_ELSE", "ignored")
    settings = Settings(stage="test")
    assert settings.upload_expiry_seconds == 60
    assert settings.athena_usd_per_tb == Decimal("6.25")
    assert settings.trust_gateway_claims is True
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.stage == "test"


def test_a_copy_keeps_its_values_whatever_the_environment_says(monkeypatch):
    settings = Settings(stage="one")
    monkeypatch.setenv("HEADGATE_STAGE", "two")
    assert settings.model_copy(update={"table_name": "t"}).stage == "one"


@pytest.mark.parametrize(
    ("variable", "text"), [("HEADGATE_RUN_LEASE_SECONDS", "soon"), ("HEADGATE_CORS_ORIGINS", "https://a.example")]
)
def test_a_bad_value_is_refused_by_name(variable, text, monkeypatch):
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValidationError, match="(?i)" + variable.removeprefix("HEADGATE_")) as refusal:
        Settings()
    assert refusal.value.error_count() == 1
