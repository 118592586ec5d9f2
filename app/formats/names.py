"""Names of a result's columns, fit for the keys of one object and the columns of one file."""

from collections.abc import Sequence

from app.domain.queries import ResultColumn


def unique_names(columns: Sequence[ResultColumn]) -> list[str]:
    """A name that repeats, or is missing, gets its column's number."""
    names: list[str] = []
    taken = {col.name for col in columns}
    for at, col in enumerate(columns, 1):
        name = col.name
        if not name or name in names:
            name = f"{name or 'column'}_{at}"
            while name in taken:
                name += "_"
            taken.add(name)
        names.append(name)
    return names
