"""Hashes of structure that are the same in every process: for a fixed order."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from tensorcalc.expr.interning import Node, field_names

__all__ = ["digest", "hashed"]

_digests: WeakKeyDictionary[Node, bytes] = WeakKeyDictionary()


def digest(node: Any) -> bytes:
    """A hash of the structure that does not depend on the process: for a fixed order."""
    found = _digests.get(node)
    if found is not None:
        return found
    stack: list[Any] = [node]
    while stack:
        top = stack[-1]
        if top in _digests:
            stack.pop()
            continue
        waiting = [part for part in _node_fields(top) if part not in _digests]
        if waiting:
            stack.extend(waiting)
            continue
        _digests[top] = _digest_fields(top)
        stack.pop()
    return _digests[node]


def hashed(*parts: bytes) -> bytes:
    """A hash of ``parts`` in their order."""
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(4, "big"))
        state.update(part)
    return state.digest()


def _fields(node: Node) -> tuple[str, ...]:
    return field_names(type(node))


def _node_fields(node: Any) -> list[Any]:
    found: list[Any] = []
    pending: list[Any] = [getattr(node, name) for name in _fields(node)]
    while pending:
        value = pending.pop()
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            pending.extend(_members(value))
    return found


def _digest_fields(node: Any) -> bytes:
    parts = [type(node).__name__.encode()]
    parts.extend(_digest_value(getattr(node, name)) for name in _fields(node))
    return hashed(*parts)


def _members(value: Any) -> list[Any]:
    return list(value)


def _digest_value(value: Any) -> bytes:
    if isinstance(value, Node):
        return _digests[value]
    if isinstance(value, tuple):
        return hashed(b"tuple", *(_digest_value(v) for v in _members(value)))
    if isinstance(value, frozenset):
        return hashed(b"set", *sorted(_digest_value(v) for v in _members(value)))
    return repr(value).encode()
