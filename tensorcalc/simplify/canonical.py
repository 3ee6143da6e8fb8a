"""One form for all spellings of a term: blind to names of bound indices, levels, and order.

The *canonical form* of an expression keeps its free indices and renames bound ones by
structure alone, so expressions that are equal up to bound names are one interned object.
A *signature* also abstracts the free indices, and tells in which order they stand.

Labelling bound indices is graph canonisation: colours are refined by their surroundings,
remaining ties are broken by trying each within a budget. A budget that is spent can
make two equal terms look different, never two different ones equal: the
key always holds the whole term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from tensorcalc.expr import (
    Access,
    Affine,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Expr,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Number,
    Pointwise,
    Product,
    Slot,
    Sum,
    Tensor,
    Transform,
    children,
    extent,
    multiply,
    rebuild,
    substitute,
)
from tensorcalc.expr.interning import Node, field_names
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = [
    "Signature",
    "canonical",
    "canonical_term",
    "digest",
    "index_labels",
    "same",
    "signature",
]

_BUDGET = 200

_digests: WeakKeyDictionary[Node, bytes] = WeakKeyDictionary()
#: None stands for the key itself: a reference to it would keep it alive.
_heights: WeakKeyDictionary[Expr, int] = WeakKeyDictionary()
_canonical: WeakKeyDictionary[Expr, Expr | None] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Signature:
    """``skeleton`` is the expression with its free indices replaced by numbered places."""

    skeleton: Expr
    indices: tuple[Index, ...]


def same(left: Expr, right: Expr) -> bool:
    """Whether two expressions are equal up to levels, order and names of bound indices."""
    return left is right or canonical(left) is canonical(right)


def signature(expr: Expr) -> Signature:
    """Return the signature of ``expr`` up to everything :func:`canonical` is blind to.

    The free indices are labelled by structure, as bound ones are, so their names do not
    matter.
    """
    form = canonical(expr)
    order = _obvious_order(form)
    if order is None:
        labels = index_labels([form], sorted(form.free, key=digest))
        order = tuple(sorted(labels, key=lambda i: labels[i]))
    places = {i: Index("∘", k, i.extent) for k, i in enumerate(order)}
    return Signature(canonical(substitute(form, places)), order)


def _obvious_order(form: Expr) -> tuple[Index, ...] | None:
    """The order of slots, for a function of one tensor at distinct plain indices."""
    match form:
        case Apply(_, (Access(Tensor(symmetry=()), slots),)):
            order = tuple(s.index for s in slots if isinstance(s.index, Index))
            return order if len(set(order)) == len(slots) else None
        case _:
            return None


def canonical(expr: Expr) -> Expr:
    """Return the canonical form: levels upper, bound indices named by structure, sorted."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack[-1]
        if node in _canonical:
            stack.pop()
            continue
        if isinstance(node, Sum):
            parts = list(node.terms)
        else:
            term = term_of(node)
            parts = [p for f in term.factors for p in ((f,) if isinstance(f, Sum) else children(f))]
        waiting = [part for part in parts if part not in _canonical]
        if waiting:
            stack.extend(waiting)
            continue
        result = _canonical_sum(node) if isinstance(node, Sum) else _canonical_product(node)
        _canonical[result] = None
        if result is not node:
            _canonical[node] = result
        stack.pop()
    return _known(expr)


def _known(expr: Expr) -> Expr:
    return _canonical[expr] or expr


def _canonical_sum(node: Sum) -> Expr:
    terms = sorted((_known(t) for t in node.terms), key=digest)
    return Sum(tuple(terms))


def _canonical_product(node: Expr) -> Expr:
    term = term_of(node)
    coefficient = term.coefficient
    factors: list[Expr] = []
    for factor in term.factors:
        if isinstance(factor, Sum):
            factors.append(_known(factor))
            continue
        plain = _strip(rebuild(factor, tuple(_known(p) for p in children(factor))))
        for part in term_of(plain).factors:
            factors.extend(_repeated(part))
        coefficient = coefficient * term_of(plain).coefficient
    return expr_of(canonical_term(Term(coefficient, term.bound, tuple(factors))))


def _repeated(factor: Expr) -> Sequence[Expr]:
    """A small whole power as repeated factors, so that ``x x`` and ``x**2`` are one."""
    match factor:
        case Apply(Pointwise(name="pow"), (base, Number(value))) if value in (2, 3, 4):
            inner = term_of(base)
            if not inner.bound and not isinstance(base, Sum):
                count = int(value)
                scale = [Number(Fraction(inner.coefficient))] if inner.coefficient != 1 else []
                if isinstance(inner.coefficient, Fraction):
                    return [*scale, *inner.factors] * count
        case Apply(Pointwise(name="pow") as record, (Product() as base, Number(value))) if (
            value < 0 and value == int(value)
        ):
            inner = term_of(base)
            if not inner.bound and inner.coefficient == 1:
                return [Apply(record, (f, Number(value))) for f in inner.factors]
        case _:
            pass
    return (factor,)


def canonical_term(term: Term) -> Term:
    """Return the term with factors sorted and bound indices labelled by structure.

    The factors' own inner parts must be canonical already.
    """
    coefficient = term.coefficient
    factors: list[Expr] = []
    for factor in term.factors:
        if isinstance(factor, Number) and abs(factor.value) != float("inf"):
            coefficient = coefficient * factor.value
        else:
            factors.append(factor)
    if not term.bound:
        return Term(coefficient, (), tuple(sorted(factors, key=digest)))
    bound = tuple(i for i in term.bound if any(i in f.free for f in factors))
    missing = tuple(i for i in term.bound if i not in bound)
    height = 1 + max((_height(f) for f in factors), default=0)
    labels = index_labels(factors, bound)
    renamed = {i: Index(f"•{height}", labels[i], i.extent) for i in bound}
    rest = {i: Index(f"•{height}", len(bound) + k, i.extent) for k, i in enumerate(missing)}
    new: list[Expr] = []
    for factor in factors:
        relabelled = term_of(_relabel(factor, renamed))
        coefficient = coefficient * relabelled.coefficient
        new.extend(relabelled.factors)
    new.sort(key=digest)
    order = sorted((*renamed.values(), *rest.values()), key=lambda i: i.serial)
    return Term(coefficient, tuple(order), tuple(new))


def index_labels(factors: Sequence[Expr], bound: Sequence[Index]) -> dict[Index, int]:
    """Number the bound indices 0, 1, … in an order that depends on structure alone."""
    if len(bound) == 0:
        return {}
    if len(bound) == 1:
        return {bound[0]: 0}
    uses = {i: [f for f in factors if i in f.free] for i in bound}
    start = {i: digest(_text_node(str(i.extent))) for i in bound}
    spent = 0
    best: tuple[bytes, dict[Index, int]] | None = None
    pending: list[dict[Index, bytes]] = [_refine(start, uses)]
    while pending:
        colours = pending.pop()
        groups: dict[bytes, list[Index]] = {}
        for i in bound:
            groups.setdefault(colours[i], []).append(i)
        tied = [group for _, group in sorted(groups.items()) if len(group) > 1]
        if tied:
            group = tied[0] if spent < _BUDGET else tied[0][:1]
            for chosen in group:
                marked = dict(colours)
                marked[chosen] = _hash(b"chosen", colours[chosen])
                pending.append(_refine(marked, uses))
                spent += 1
            continue
        ordered = sorted(bound, key=lambda i: colours[i])
        labels = {i: k for k, i in enumerate(ordered)}
        places = {i: Index("?", k, i.extent) for i, k in labels.items()}
        key = _hash(*sorted(digest(_relabel(f, places)) for f in factors))
        if best is None or key < best[0]:
            best = (key, labels)
    assert best is not None
    return best[1]


def _refine(colours: dict[Index, bytes], uses: dict[Index, list[Expr]]) -> dict[Index, bytes]:
    """Colour each index by its surroundings until nothing more is told apart."""
    count = len(set(colours.values()))
    while True:
        new: dict[Index, bytes] = {}
        for index, inside in uses.items():
            seen: list[bytes] = []
            for factor in inside:
                places: dict[Index, IndexExpression] = {}
                for other in factor.free:
                    if other in colours:
                        tag = "self" if other is index else colours[other].hex()
                        places[other] = Index("?" + tag, 0, other.extent)
                seen.append(digest(_relabel(factor, places)))
            new[index] = _hash(colours[index], *sorted(seen))
        found = len(set(new.values()))
        if found == count:
            return new
        colours, count = new, found


def _relabel(factor: Expr, places: Mapping[Index, IndexExpression]) -> Expr:
    """A canonical factor with indices replaced, in canonical form again.

    The order of terms and sides inside may hang on the indices that were replaced.
    """
    new = substitute(factor, places)
    if new is factor or (isinstance(new, Access) and not new.tensor.symmetry):
        return new
    return canonical(new)


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


def first_appearance(expr: Expr) -> tuple[Index, ...]:
    """The free indices of ``expr`` in the order in which they are met, left to right."""
    order: dict[Index, None] = {}
    stack: list[Expr] = [expr]
    seen: set[Expr] = set()
    free = expr.free
    while stack and len(order) < len(free):
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        for index in _own_indices(node):
            if index in free:
                order[index] = None
        stack.extend(reversed(children(node)))
    return tuple(order)


def _own_indices(node: Expr) -> list[Index]:
    match node:
        case Access(_, slots) | Transform(_, _, slots):
            expressions: list[IndexExpression] = [s.index for s in slots]
        case Delta(left, right):
            expressions = [left.index, right.index]
        case Condition(_, first, second):
            expressions = [first, second]
        case _:
            return []
    found: list[Index] = []
    for expression in expressions:
        match expression:
            case Index():
                found.append(expression)
            case Affine(terms, _):
                found.extend(i for i, _ in terms)
            case Lookup():
                pass
    return found


def _strip(node: Expr) -> Expr:
    """Levels put up, deltas' sides sorted: what does not change the value."""
    match node:
        case Access(tensor, slots):
            sign, ordered = _sorted_slots(tensor, [_upper(s) for s in slots])
            plain = Access(tensor, ordered)
            return plain if sign == 1 else multiply((Number(Fraction(sign)), plain))
        case Delta(left, right):
            first, second = sorted((_upper(left), _upper(right)), key=digest)
            return Delta(first, second)
        case Transform(operation, arguments, at):
            named = tuple(_named_argument(a) for a in arguments)
            places = [_upper(s) for s in at]
            if repr(operation) == "inv" and _is_symmetric(named[0]):
                places.sort(key=digest)
            return Transform(operation, named, tuple(places))
        case _:
            return node


def _is_symmetric(argument: Argument) -> bool:
    """Whether a canonical argument is a symmetric matrix, so that its inverse is one too."""
    first, second = argument.bound
    turned = substitute(argument.body, {first: second, second: first})
    return canonical(turned) is argument.body


def _sorted_slots(tensor: Tensor, slots: list[Slot]) -> tuple[int, tuple[Slot, ...]]:
    """Slots of a symmetric tensor in a fixed order, and the sign this costs (0 if it vanishes)."""
    sign = 1
    for parity, places in tensor.symmetry:
        group = [slots[k] for k in places]
        order = sorted(range(len(group)), key=lambda k: digest(group[k]))
        if parity == -1:
            if len(set(group)) < len(group):
                sign = 0
            sign *= _permutation_sign(order)
        for place, k in zip(places, order, strict=True):
            slots[place] = group[k]
    return sign, tuple(slots)


def _permutation_sign(order: Sequence[int]) -> int:
    inversions = sum(
        order[a] > order[b] for a in range(len(order)) for b in range(a + 1, len(order))
    )
    return -1 if inversions % 2 else 1


def _named_argument(argument: Argument) -> Argument:
    height = 1 + _height(argument.body)
    bound = tuple(Index(f"•{height}", k, i.extent) for k, i in enumerate(argument.bound))
    mapping = dict(zip(argument.bound, bound, strict=True))
    return Argument(bound, canonical(substitute(argument.body, mapping)))


def _upper(slot: Slot) -> Slot:
    return Slot(slot.index, Level.UPPER, slot.edge)


def _height(expr: Expr) -> int:
    """The nesting depth of bound indices in a canonical expression."""
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in _heights:
            stack.pop()
            continue
        parts = children(node)
        waiting = [part for part in parts if part not in _heights]
        if waiting:
            stack.extend(waiting)
            continue
        inside = max((_heights[part] for part in parts), default=0)
        _heights[node] = inside + isinstance(node, Contraction | Transform)
        stack.pop()
    return _heights[expr]


def _text_node(text: str) -> Index:
    return Index(text, 0, extent(0))


def _hash(*parts: bytes) -> bytes:
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
    return _hash(*parts)


def _members(value: Any) -> list[Any]:
    return list(value)


def _digest_value(value: Any) -> bytes:
    if isinstance(value, Node):
        return _digests[value]
    if isinstance(value, tuple):
        return _hash(b"tuple", *(_digest_value(v) for v in _members(value)))
    if isinstance(value, frozenset):
        return _hash(b"set", *sorted(_digest_value(v) for v in _members(value)))
    return repr(value).encode()
