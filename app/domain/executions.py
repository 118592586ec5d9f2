"""Whose is this Athena execution? Every statement we start says so in its first line.

State changes arrive with an execution id only, and a key that led from it to a tenant could not start with the tenant.
The label can be trusted: SQL of users is regenerated from its tree, which drops comments.
"""

import re
from typing import Literal, NamedTuple

Kind = Literal["run", "query"]
_LABEL = re.compile(r"\A/\* headgate:([a-z][a-z0-9]{0,30}):(run|query):([0-9a-z]{26}) \*/\n")


class Label(NamedTuple):
    """The tenant, and the run or query that started an execution."""

    tenant: str
    kind: Kind
    id: str

    def on(self, sql: str) -> str:
        """The statement with its label."""
        return f"/* headgate:{self.tenant}:{self.kind}:{self.id} */\n{sql}"


def label_of(sql: str) -> Label | None:
    """The label of a statement, None when it is not one of ours."""
    match = _LABEL.match(sql)
    return Label(match[1], match[2], match[3]) if match else None  # type: ignore[arg-type] # the pattern says run|query
