"""The objects of a crawler's S3 targets. Source: Glue developer guide, "Include and exclude patterns"."""

import re
from dataclasses import dataclass
from typing import Any

from local.athena import objects, settings
from local.athena.objects import StoredObject


@dataclass(frozen=True)
class Target:
    """One include path. `root` ends in `/` (or is one object's address); `sample` bounds the objects a folder."""

    root: str
    exclusions: tuple[str, ...]
    sample: int | None

    @property
    def depth(self) -> int:
        """Its level counted from the bucket, which is level 1."""
        return len(self.root.removeprefix("s3://").rstrip("/").split("/"))


def target_of(given: dict[str, Any]) -> Target:
    path = str(given["Path"]).replace("s3a://", "s3://")
    path = path if path.startswith("s3://") else f"s3://{path}"
    return Target(path.rstrip("/") + "/", tuple(given.get("Exclusions") or ()), given.get("SampleSize"))


def listed(target: Target) -> tuple[str, list[tuple[str, StoredObject]]]:
    """The folder crawled, and its visible, non-empty objects as (path relative to it, object) but the excluded ones.

    Raises QueryFailed when there is no such bucket.
    """
    listing = objects.Listing(settings.from_environment().work_dir)
    root, found = target.root, listing.under(target.root)
    if not found and target.depth > 1:  # an include path may name one object
        root = target.root.rstrip("/").rpartition("/")[0] + "/"
        found = [one for one in listing.under(root) if one.uri == target.root.rstrip("/")]
    patterns = [pattern(text) for text in target.exclusions]
    relative = [(one.uri[len(root) :], one) for one in found]
    return root, [(path, one) for path, one in relative if not any(test.fullmatch(path) for test in patterns)]


def pattern(glob: str) -> re.Pattern[str]:
    """Glue's glob: `*` within a name, `**` across folders, `?`, `[a-z]`, `[!a]`, `{a,b}`, backslash escapes."""
    out, place, is_grouped = "", 0, False
    while place < len(glob):
        character = glob[place]
        place += 1
        if character == "*" and glob[place : place + 1] == "*":
            out, place = out + ".*", place + 1
        elif character == "*":
            out += "[^/]*"
        elif character == "?":
            out += "[^/]"
        elif character == "\\" and place < len(glob):
            out, place = out + re.escape(glob[place]), place + 1
        elif character == "[" and (end := glob.find("]", place + 1)) > 0:
            inside = glob[place:end].replace("\\", "\\\\")
            out += f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
            place = end + 1
        elif character == "{":
            out, is_grouped = out + "(?:", True
        elif character == "}" and is_grouped:
            out, is_grouped = out + ")", False
        elif character == "," and is_grouped:
            out += "|"
        else:
            out += re.escape(character)
    return re.compile(out if not is_grouped else re.escape(glob), re.DOTALL)
