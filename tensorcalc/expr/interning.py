"""Interning: structurally equal nodes are one object.

Equality of nodes is therefore identity and hashing is O(1), so a shared graph costs its
nodes and not its paths. The key of a node holds the *types* of its fields as well as
their values, because ``1``, ``1.0`` and ``True`` are equal in Python and must not be
the same node.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

__all__ = ["Node", "field_names"]

_TABLE: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_FIELDS: dict[type, tuple[str, ...]] = {}


def field_names(cls: type) -> tuple[str, ...]:
    """The names of the fields a node is made of, in order."""
    names = _FIELDS.get(cls)
    if names is None:
        names = tuple(f.name for f in dataclasses.fields(cls) if f.init)
        _FIELDS[cls] = names
    return names


def _key(cls: type, values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (cls, tuple(map(type, values)), values)


class _Interned(type):
    """Metaclass whose call returns the one existing instance of a value."""

    if not TYPE_CHECKING:

        def __call__(cls, *args, **kwargs):
            names = field_names(cls)
            if not kwargs and len(args) == len(names):
                found = _TABLE.get(_key(cls, args))
                if found is not None:
                    return found
            made = type.__call__(cls, *args, **kwargs)
            values = tuple(getattr(made, name) for name in names)
            return _TABLE.setdefault(_key(cls, values), made)


class Node(metaclass=_Interned):
    """Base of everything interned. Subclasses are ``dataclass(frozen, slots, eq=False)``."""

    __slots__ = ("__weakref__",)

    def __reduce__(self) -> tuple[Any, ...]:
        cls = type(self)
        return cls, tuple(getattr(self, name) for name in field_names(cls))

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Node:
        return self
