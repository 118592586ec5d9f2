"""Statements that Athena knows of and refuses, each by its name. Source: Athena user guide, "Unsupported DDL"."""

_NAMES = (
    "ALTER INDEX", "COMMIT", "CREATE INDEX", "CREATE ROLE", "CREATE TEMPORARY MACRO", "DESCRIBE DATABASE", "DFS",
    "DESCRIBE SCHEMA", "DESC DATABASE", "DROP INDEX", "DROP ROLE", "DROP TEMPORARY MACRO", "EXPORT TABLE",
    "GRANT ROLE", "IMPORT TABLE", "LOCK DATABASE", "LOCK TABLE", "REVOKE ROLE", "ROLLBACK", "SHOW COMPACTIONS",
    "SHOW CURRENT ROLES", "SHOW GRANT", "SHOW INDEXES", "SHOW LOCKS", "SHOW PRINCIPALS", "SHOW ROLE GRANT",
    "SHOW ROLES", "SHOW STATS", "SHOW TRANSACTIONS", "START TRANSACTION", "UNLOCK DATABASE", "UNLOCK TABLE",
)  # fmt: skip


def refused_name(text: str) -> str | None:
    """The name of the unsupported statement that `text` (without leading comments) is; None for any other."""
    words = [word.rstrip(";") for word in text.upper().split(maxsplit=5)[:5]]
    for name in _NAMES:
        if words[: len(name.split())] == name.split():
            return name
    if words[:2] == ["CREATE", "TABLE"] and words[3:4] == ["LIKE"]:
        return "CREATE TABLE LIKE"
    return None
