"""Folders to tables. Source: Glue developer guide, "How does a crawler determine when to create partitions?"."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from local.glue.crawler.classify import UNKNOWN
from local.glue.crawler.schema import SIMILARITY, Schema, Signature, merged

_PAIR = re.compile(r"([^=]+)=(.*)\Z")


@dataclass
class Folder:
    """One level of the tree. `files` are (name, schema) that lie in it directly."""

    location: str
    name: str
    level: int
    folders: dict[str, "Folder"] = field(default_factory=dict)
    files: list[tuple[str, Schema]] = field(default_factory=list)

    def schemas(self) -> list[Schema]:
        """Of all files in it and below."""
        own = [schema for _, schema in self.files]
        return own + [schema for folder in self.folders.values() for schema in folder.schemas()]

    def leaves(self) -> list[tuple[tuple[str, ...], "Folder"]]:
        """Path and folder of every one that holds files."""
        below = [((name, *path), leaf) for name, one in self.folders.items() for path, leaf in one.leaves()]
        return ([((), self)] if self.files else []) + below


@dataclass(frozen=True)
class Found:
    """A table: `partitions` are (values, location, schema) and `keys` the names of the values."""

    name: str
    location: str
    schema: Schema
    keys: tuple[str, ...] = ()
    partitions: tuple[tuple[tuple[str, ...], str, Schema], ...] = ()


@dataclass(frozen=True)
class Policy:
    """`combines`: one table a target where the format allows it; `level`: where tables must be, the bucket being 1."""

    combines: bool = False
    level: int | None = None


def tree(root: str, level: int, files: list[tuple[str, Schema]]) -> Folder:
    """The folders of a target from its files' relative paths. An include path may be one object's."""
    name = root.rstrip("/").rpartition("/")[2]
    top = Folder(root, name, level)
    for path, schema in files:
        *parents, leaf = path.split("/")
        here = top
        for parent in parents:
            child = Folder(f"{here.location}{parent}/", parent, here.level + 1)
            here = here.folders.setdefault(parent, child)
        here.files.append((leaf, schema))
    return top


def tables(folder: Folder, policy: Policy) -> list[Found]:
    """The tables of a folder and all below it."""
    if policy.level is not None and folder.level < policy.level and folder.folders:
        own = _own_files(folder) if folder.files else []
        return own + [found for child in folder.folders.values() for found in tables(child, policy)]
    is_forced = policy.combines or policy.level is not None
    if whole := _one_table(folder, is_forced=is_forced):
        return [whole]
    found = _own_files(folder) if folder.files else []
    below = Policy(policy.combines)
    return found + [one for child in folder.folders.values() for one in tables(child, below)]


def _one_table(folder: Folder, *, is_forced: bool) -> Found | None:
    """The folder as one table, if its files are alike and all of its partitions lie equally deep."""
    known = [schema for schema in folder.schemas() if schema.classification != UNKNOWN]
    if not known or len({len(path) for path, _ in folder.leaves()}) > 1:
        return None
    test = known[0].is_format_of if is_forced else _commonest(known).is_like
    verdicts = _verdicts(known, test)
    share = sum(verdicts[schema.signature] for schema in known) / len(known)
    if share < 1 and (not folder.folders or not _is_majority(folder, share)):
        return None
    if share < 1 and not is_forced:
        verdicts = _verdicts(known, _commonest(known).is_format_of)
    return _partitioned(folder, verdicts)


def _verdicts(known: list[Schema], test: Callable[[Schema], bool]) -> dict[Signature, bool]:
    """What the test says of each; many files have few signatures."""
    return {signature: test(schema) for signature, schema in {one.signature: one for one in known}.items()}


def _commonest(known: list[Schema]) -> Schema:
    """The schema that most others are like."""
    counted = Counter(schema.signature for schema in known)
    distinct = list({schema.signature: schema for schema in reversed(known)}.values())
    return max(
        reversed(distinct), key=lambda one: sum(counted[other.signature] for other in distinct if one.is_like(other))
    )


def _is_majority(folder: Folder, share: float) -> bool:
    """Whether few partitions differ, as after a change of schema: only key=value folders are surely of one table."""
    is_named = all(_PAIR.match(part) for path, _ in folder.leaves() for part in path)
    return is_named and share > SIMILARITY


def _partitioned(folder: Folder, verdicts: dict[Signature, bool]) -> Found:
    schema = merged([one for one in folder.schemas() if verdicts.get(one.signature)])
    leaves = [(path, leaf) for path, leaf in folder.leaves() if path]
    if not leaves:
        return Found(folder.name, folder.location, schema)
    depth = len(leaves[0][0])
    columns = {name for name, _ in schema.columns}
    keys = tuple(_key([path[i] for path, _ in leaves], i, columns) for i in range(depth))
    partitions = []
    for path, leaf in leaves:
        own = [one for _, one in leaf.files if verdicts.get(one.signature)]
        if own:
            values = tuple(
                _value(part, is_named=not key.startswith("partition_")) for part, key in zip(path, keys, strict=True)
            )
            partitions.append((values, leaf.location, merged(own)))
    return Found(folder.name, folder.location, schema, keys, tuple(partitions))


def _key(parts: list[str], position: int, columns: set[str]) -> str:
    """The key that all folders of a level name, else `partition_<n>`; so, too, where a column has that name."""
    names = {found[1].lower() if (found := _PAIR.match(part)) else "" for part in parts}
    name = names.pop() if len(names) == 1 else ""
    return name if name and name not in columns else f"partition_{position}"


def _value(part: str, *, is_named: bool) -> str:
    return part.partition("=")[2] if is_named else part


def _own_files(folder: Folder) -> list[Found]:
    """The files directly in a folder: one table if they are alike, else one for each, named after it."""
    alone = Folder(folder.location, folder.name, folder.level, files=folder.files)
    if not folder.folders and (whole := _one_table(alone, is_forced=False)):
        return [whole]
    return [
        Found(name, f"{folder.location}{name}", schema)
        for name, schema in folder.files
        if schema.classification != UNKNOWN
    ]
