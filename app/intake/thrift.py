"""Thrift's compact protocol, as much as a Parquet footer needs: structs become dicts by field id.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import struct
from typing import Any, Final

_MAX_DEPTH: Final = 32


class BadThrift(ValueError):
    """The bytes are not what the protocol allows."""


class CompactReader:
    """Reads one struct from bytes. Raises BadThrift."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > _MAX_DEPTH:
            raise BadThrift("nested too deeply")
        fields: dict[int, Any] = {}
        last = 0
        while True:
            head = self._byte()
            if head == 0:
                return fields
            kind, step = head & 0x0F, head >> 4
            last = last + step if step else self._zigzag()
            fields[last] = self._value(kind, depth)

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise BadThrift("it ends too early")
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 70:
                raise BadThrift("an integer is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _bytes(self) -> bytes:
        length = self._varint()
        if length > len(self._data) - self._at:
            raise BadThrift("it ends too early")
        self._at += length
        return self._data[self._at - length : self._at]

    def _value(self, kind: int, depth: int) -> Any:
        if kind in {1, 2}:  # a boolean field carries its value in its type
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in {4, 5, 6}:
            return self._zigzag()
        if kind == 7:
            self._at += 8
            if self._at > len(self._data):
                raise BadThrift("it ends too early")
            return struct.unpack("<d", self._data[self._at - 8 : self._at])[0]
        if kind == 8:
            return self._bytes()
        if kind in {9, 10}:
            return self._list(depth)
        if kind == 12:
            return self.struct(depth + 1)
        raise BadThrift(f"type {kind}")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        kind, size = head & 0x0F, head >> 4
        size = self._varint() if size == 15 else size
        if size > len(self._data) - self._at:
            raise BadThrift("a list is too long")
        if kind in {1, 2}:  # in lists a boolean is a byte
            return [self._byte() == 1 for _ in range(size)]
        return [self._value(kind, depth + 1) for _ in range(size)]
