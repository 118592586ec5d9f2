"""How functions are declared whose SQL uses an argument more than once."""

from local.trino.registry import Call, scalar
from local.trino.typed import once


def shared(name: str, signature: str, template: str) -> None:
    """Declare a scalar function: its template may repeat `{0}`, `{1}`, ..., each of which is computed once."""

    def body(call: Call) -> str:
        return once(*(a.sql for a in call.args), build=template.format)

    scalar(name, signature, body)
