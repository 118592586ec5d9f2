"""Names of its own for whoever asks. Here and not in conftest.py: pytest imports that a second time under another name,
and two counters would give the same names twice.
"""

import itertools
from typing import Any

from app.settings import Settings
from local.provision import named_environment, provision
from local.stack import Stack

_numbers = itertools.count(1)


def isolated_settings(stack: Stack, **changes: Any) -> Settings:
    """Provisioned settings that share no table, bucket, queue or workgroup with any other."""
    prefix = f"test{next(_numbers)}"
    names = [name for name in named_environment(Settings()) if name.startswith("HEADGATE_")]
    fields = [name.removeprefix("HEADGATE_").lower() for name in names if name != "HEADGATE_AWS_REGION"]
    named = {field: str(Settings.model_fields[field].default).replace("headgate", prefix) for field in fields}
    settings = Settings(**{"link_secret": "a secret of the tests", **named, **changes})
    provision(stack.endpoint_url, settings)
    return settings
