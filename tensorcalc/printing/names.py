"""The names of indices on paper.

An index is an object; its name is a wish. Here each binder gets the name it wished for where
that can be kept, else the smallest unused one (``i1``, ``j2``). Two rules decide:

* a name in force (a free index, an enclosing sum) is never given out again;
* within one additive term every sum has a name of its own, because an implied sum spans its
  term. Terms of a sum, and arguments of different functions, may use a name again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tensorcalc.expr import (
    Access,
    Affine,
    Argument,
    Condition,
    Contraction,
    Delta,
    Expr,
    Extent,
    Functional,
    Index,
    IndexExpression,
    Lookup,
    Size,
    Slot,
    Tensor,
    Transform,
    walk,
)

__all__ = [
    "IndexNames",
    "absent",
    "distinct_names",
    "indices_in_order",
    "scopes",
    "shorter_than_slot",
    "sizes_mentioned",
    "sizes_of_functions",
    "unseated",
]


@dataclass(slots=True)
class _Region:
    """The names given to sums in one additive term, and inside its brackets and functions."""

    term: set[str] = field(default_factory=set[str])
    nested: set[str] = field(default_factory=set[str])


class IndexNames:
    """Names in force while a formula is printed from left to right.

    Args:
        free: The free indices of the formula, in order: they are named first.
        reserved: Names that no index may have (sizes that occur in the formula).
        wishes: Names to use in place of an index's own, as for a chain of formulas.

    Example:
        >>> from tensorcalc.expr import extent
        >>> n = extent("n")
        >>> names = IndexNames([Index("i", 0, n), Index("i", 1, n)])
        >>> names.bind([Index("j", 4, n), Index("i", 2, n)])
        ('j', 'i2')
    """

    def __init__(
        self,
        free: Iterable[Index],
        reserved: Collection[str] = (),
        wishes: Mapping[Index, str] | None = None,
    ) -> None:
        self._wishes = wishes or {}
        self._reserved = frozenset(reserved)
        self._in_force: dict[Index, list[str]] = {}
        self._active: Counter[str] = Counter()
        self._terms: Counter[str] = Counter()
        self._regions = [_Region()]
        self._next: dict[str, int] = {}
        self._undo: list[tuple[str, int] | None] = []
        #: In one statement a name has one extent, also in scopes that have nothing in common.
        self._extents: dict[str, Extent] = {}
        #: Every name each index has had.
        self.given: dict[Index, dict[str, None]] = {}
        self.free = self.bind(free)

    def __getitem__(self, index: Index) -> str:
        return self._in_force[index][-1]

    def __contains__(self, index: Index) -> bool:
        return bool(self._in_force.get(index))

    def bind(self, indices: Iterable[Index]) -> tuple[str, ...]:
        """Put indices in force, each under a name of its own."""
        return tuple(self._choose(index) for index in indices)

    def bind_as(self, indices: Iterable[Index], names: Iterable[str]) -> None:
        """Put indices in force under given names."""
        for index, name in zip(indices, names, strict=True):
            self._undo.append(None)
            self._bind(index, name)

    def release(self, indices: Iterable[Index]) -> None:
        """End the scope of the indices bound last."""
        for index in reversed(tuple(indices)):
            hint = self._undo.pop()
            if hint is not None:
                self._next[hint[0]] = hint[1]
            name = self._in_force[index].pop()
            self._active[name] -= 1
            if not self._active[name]:
                del self._active[name]

    def enter(self) -> None:
        """Begin a scope of its own: a term of a bracket, an argument, a divisor."""
        self._regions.append(_Region())

    def leave(self) -> None:
        """End the scope entered last."""
        left = self._regions.pop()
        for name in left.term:
            self._terms[name] -= 1
            if not self._terms[name]:
                del self._terms[name]
        self._regions[-1].nested |= left.term | left.nested

    def _bind(self, index: Index, name: str) -> str:
        self._in_force.setdefault(index, []).append(name)
        self.given.setdefault(index, {})[name] = None
        self._active[name] += 1
        self._extents.setdefault(name, index.extent)
        term = self._regions[-1].term
        if name not in term:
            term.add(name)
            self._terms[name] += 1
        return name

    def _taken(self, name: str, extent: Extent) -> bool:
        return (
            self._extents.get(name, extent) is not extent
            or name in self._active
            or name in self._terms
            or name in self._regions[-1].nested
            or name in self._reserved
        )

    def _choose(self, index: Index) -> str:
        wish = self._wishes.get(index) or legible(index.name)
        if not self._taken(wish, index.extent):
            self._undo.append(None)
            return self._bind(index, wish)
        stem = wish.rstrip("0123456789'") or "i"
        # All numbers below the hint are taken by what is in force, so that 10,000 nested
        # sums of one wish do not each search from 1.
        hint = self._next.get(stem, 1)
        number = hint
        while self._taken(f"{stem}{number}", index.extent):
            number += 1
        self._undo.append((stem, hint))
        self._next[stem] = number
        return self._bind(index, f"{stem}{number}")


def legible(wish: str) -> str:
    """Return a wished name without what the notation cannot hold."""
    kept = re.sub(r"[^\w']", "", wish, flags=re.UNICODE)
    return kept if kept and not kept[0].isdigit() and kept[0] != "'" else f"i{kept}".rstrip("'")


def distinct_names(indices: Iterable[Index], reserved: Collection[str] = ()) -> dict[Index, str]:
    """Give each index a name that no other has, in order: for formulas shown one below another."""
    distinct = list(dict.fromkeys(indices))
    return dict(zip(distinct, IndexNames(distinct, reserved).free, strict=True))


def indices_in_order(expr: Expr) -> tuple[Index, ...]:
    """Every index of ``expr``, bound ones included, in the order of appearance on paper."""
    found: dict[Index, None] = {}

    def add(*expressions: IndexExpression) -> None:
        for index in expressions:
            match index:
                case Index():
                    found.setdefault(index)
                case Affine(terms, _):
                    for term, _ in terms:
                        found.setdefault(term)
                case Lookup():
                    pass  # its access is visited by itself

    for node in walk(expr):
        match node:
            case Access(_, slots):
                add(*(s.index for s in slots))
            case Delta(left, right):
                add(left.index, right.index)
            case Condition(_, left, right):
                add(left, right)
            case Contraction(bound, _):
                add(*bound)
            case Transform(_, arguments, at):
                add(*(s.index for s in at))
                for argument in arguments:
                    add(*argument.bound)
            case _:
                pass
    return tuple(found)


def absent(expr: Expr) -> frozenset[Index]:
    """Indices that a sum in ``expr`` binds and its summand does not have."""
    return frozenset(
        index
        for node in walk(expr)
        if isinstance(node, Contraction)
        for index in node.bound
        if index not in node.body.free
    )


def sizes_of_functions(expr: Expr) -> frozenset[str]:
    """Sizes that are printed as the range of an index that a function's argument lacks."""
    return frozenset(
        name
        for node in walk(expr)
        if isinstance(node, Transform)
        for argument in node.arguments
        for index in argument.bound
        if index not in argument.body.free
        for name in index.extent.names()
    )


def scopes(node: Expr) -> tuple[Contraction | Argument, ...]:
    """What binds indices in a node."""
    match node:
        case Contraction():
            return (node,)
        case Transform(_, arguments, _):
            return arguments
        case _:
            return ()


def unseated(expr: Expr) -> frozenset[Index]:
    """Indices that a sum in ``expr`` binds and that are in no slot that tells their length.

    They occur in conditions only, or run over less than a tensor's slot.
    """
    bound: set[Index] = set()
    seated: set[Index] = set()
    shorter: set[Index] = set()

    def seat(*indices: IndexExpression) -> None:
        for index in indices:
            if isinstance(index, Affine):
                seated.update(i for i, _ in index.terms)
            elif isinstance(index, Index):
                seated.add(index)

    for node in walk(expr):
        match node:
            case Contraction(indices, _):
                bound.update(indices)
            case Access(tensor, slots):
                seat(*(s.index for s in slots))
                for slot, size in zip(slots, tensor.extents, strict=True):
                    index = slot.index
                    if isinstance(index, Index) and index.extent != size:
                        shorter.add(index)
            case Delta(Slot(Index() as left), Slot(Index() as right)):
                seat(left, right)
            case Transform(Functional(bound=None), arguments, ()):
                bound.update(i for a in arguments for i in a.bound)
            case Transform(_, arguments, at):
                seat(*(s.index for s in at), *(i for a in arguments for i in a.bound))
            case _:
                pass
    return frozenset(bound & shorter | (bound - seated))


def shorter_than_slot(expr: Expr) -> frozenset[tuple[Tensor, Index]]:
    """Plain indices over another range than their slot, where nothing else says so.

    A tensor that is also read at an offset of the index says so.
    """
    plain: set[tuple[Tensor, Index]] = set()
    moved: set[tuple[Tensor, Index]] = set()
    for node in walk(expr):
        if isinstance(node, Access):
            for slot, size in zip(node.slots, node.tensor.extents, strict=True):
                match slot.index:
                    case Index() as index if index.extent != size:
                        plain.add((node.tensor, index))
                    case Affine(terms, _):
                        moved.update((node.tensor, i) for i, _ in terms)
                    case _:
                        pass
    return frozenset(plain - moved)


def sizes_mentioned(*expressions: Expr) -> frozenset[str]:
    """Names of sizes that are printed inside the expressions, as numbers or in an index."""
    found: set[str] = set()

    def add(*indices: IndexExpression) -> None:
        for index in indices:
            if isinstance(index, Affine):
                found.update(index.constant.names())

    for expr in expressions:
        for node in walk(expr):
            match node:
                case Size(extent):
                    found |= extent.names()
                case Access(_, slots):
                    add(*(s.index for s in slots))
                case Delta(left, right):
                    add(left.index, right.index)
                case Condition(_, left, right):
                    add(left, right)
                case Transform(_, _, at):
                    add(*(s.index for s in at))
                case _:
                    pass
    return frozenset(found)
