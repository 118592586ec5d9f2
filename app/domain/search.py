"""What a dataset is found by, and what a search asks for. Pure.

Words are runs of letters and digits, in any case. The words of a dataset's name match by their beginning, from three
letters on; those of its description, columns and tags match whole.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from app.domain.datasets import Dataset
from app.domain.schemas import Schema

_WORD: Final = re.compile(r"\w+")
_PART: Final = re.compile(r"[^\W_]+")
_LEAST_PREFIX: Final = 3
_MAX_WORD: Final = 64
_MAX_WORDS: Final = 5_000
MAX_ASKED: Final = 8


class Token(NamedTuple):
    """One thing to be found by: facet `word`, `tag`, `owner`, `tier` or `namespace`."""

    facet: str
    value: str


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> Iterable[str]:
    """`dep_delay` is found as itself and by each of its parts."""
    for word in _WORD.findall(_folded(text)):
        yield word[:_MAX_WORD]
        if "_" in word:
            yield from (part[:_MAX_WORD] for part in _PART.findall(word))


def _beginnings(text: str) -> Iterable[str]:
    for word in _words(text):
        yield word
        yield from (word[:length] for length in range(_LEAST_PREFIX, len(word)))


def tokens_of(dataset: Dataset, schema: Schema | None) -> frozenset[Token]:
    """All tokens of a dataset; none of a deleted one."""
    if dataset.deleted_at is not None:
        return frozenset()
    words = dict.fromkeys((*_beginnings(dataset.name), *_beginnings(dataset.namespace)))
    words |= dict.fromkeys(_words(dataset.description))
    for key, value in dataset.tags.items():
        words |= dict.fromkeys((*_words(key), *_words(value)))
    for name in schema.names if schema else ():
        words |= dict.fromkeys(_words(name))
    found = {Token("word", word) for word in list(words)[:_MAX_WORDS]}
    found |= {tag_token(key, value) for key, value in dataset.tags.items()}
    found |= {Token("tier", dataset.tier), Token("namespace", dataset.namespace)}
    if dataset.owner:
        found.add(owner_token(dataset.owner))
    return frozenset(found)


def tag_token(key: str, value: str) -> Token:
    return Token("tag", f"{key}:{value}")


def owner_token(owner: str) -> Token:
    return Token("owner", _folded(owner))


def asked_words(text: str) -> tuple[Token, ...]:
    """The words of a search text, each asked for once; at most 8. `dep_delay` is one word here."""
    words = dict.fromkeys(word[:_MAX_WORD] for word in _WORD.findall(_folded(text)))
    return tuple(Token("word", word) for word in list(words)[:MAX_ASKED])
