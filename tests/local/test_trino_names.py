"""Every function of Trino's reference is here and proven, or refused with a reason; the page that says so is current."""

from tests.local import athena_sql_page as sql


def test_every_documented_function_is_here_or_refused() -> None:
    count, (refused, _) = sql.proven(), sql.refusals()
    names = {name for names in sql.documented().values() for name in names}
    told = {n for n in names if n in sql.registry.names() or count[n] or sql.reason(n, refused)}
    assert names - told == set()


def test_what_is_refused_is_not_here() -> None:
    refused, _ = sql.refusals()
    assert {name for name in sql.registry.names() if sql.reason(name, refused)} == set()


def test_every_function_has_a_case_that_succeeds() -> None:
    count = sql.proven()
    assert {name for name in sql.registry.names() if name.isidentifier() and not count[name]} == set()


def test_the_page_is_what_the_code_says() -> None:
    assert sql.PAGE.read_text() == sql.page(), "run `make athena-sql` and commit docs/athena-sql.md"
