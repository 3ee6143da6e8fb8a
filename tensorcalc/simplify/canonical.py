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
from tensorcalc.simplify.digests import digest, hashed
from tensorcalc.simplify.roots import LARGEST_EXPONENT
from tensorcalc.simplify.terms import Term, one_scope, term_of

__all__ = [
    "Signature",
    "canonical",
    "canonical_term",
    "index_labels",
    "same",
    "signature",
]

_BUDGET = 200

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
    return one_scope(canonical_term(Term(coefficient, term.bound, tuple(factors))))


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
        case Apply(
            Pointwise(name="pow") as record,
            (Product() | Contraction() as base, Number(Fraction() as value)),
        ) if value < 0 and value.denominator == 1:
            inner = term_of(base)
            known = inner.coefficient
            small = known == 1 or -value <= LARGEST_EXPONENT
            if known and small and isinstance(known, Fraction):
                one = inner.factors
                if inner.bound:
                    one = (one_scope(Term(Fraction(1), inner.bound, inner.factors)),)
                parts = [Apply(record, (f, Number(value))) for f in one]
                return parts if known == 1 else [Number(known ** int(value)), *parts]
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
    search = _Search(factors, bound)
    search.run()
    return search.labels


class _Search:
    """Individualisation and refinement, with what automorphisms make superfluous left out.

    Attributes:
        labels: The labelling with the least key so far.
    """

    def __init__(self, factors: Sequence[Expr], bound: Sequence[Index]) -> None:
        self.labels: dict[Index, int] = {}
        self._key: bytes | None = None
        self._factors, self._bound = factors, bound
        self._uses = {i: [f for f in factors if i in f.free] for i in bound}
        self._automorphisms: list[dict[Index, Index]] = []
        self._spent = 0

    def run(self) -> None:
        """Find the labelling."""
        start = {i: digest(_text_node(str(i.extent))) for i in self._bound}
        self._visit(_refine(start, self._uses), ())

    def _visit(self, colours: dict[Index, bytes], path: tuple[Index, ...]) -> None:
        groups: dict[bytes, list[Index]] = {}
        for i in self._bound:
            groups.setdefault(colours[i], []).append(i)
        tied = [group for _, group in sorted(groups.items()) if len(group) > 1]
        if not tied:
            self._leaf(colours)
            return
        tried: list[Index] = []
        for chosen in tied[0]:
            if tried and (self._spent >= _BUDGET or chosen in self._orbit(tried, path)):
                continue
            tried.append(chosen)
            self._spent += 1
            marked = {**colours, chosen: hashed(b"chosen", colours[chosen])}
            self._visit(_refine(marked, self._uses), (*path, chosen))

    def _leaf(self, colours: dict[Index, bytes]) -> None:
        ordered = sorted(self._bound, key=lambda i: colours[i])
        labels = {i: k for k, i in enumerate(ordered)}
        places = {i: Index("?", k, i.extent) for i, k in labels.items()}
        key = hashed(*sorted(digest(_relabel(f, places)) for f in self._factors))
        if key == self._key:
            old = sorted(self.labels, key=lambda i: self.labels[i])
            self._automorphisms.append(dict(zip(old, ordered, strict=True)))
        elif self._key is None or key < self._key:
            self._key, self.labels = key, labels

    def _orbit(self, tried: Sequence[Index], path: tuple[Index, ...]) -> set[Index]:
        """Where known automorphisms that keep ``path`` take the indices in ``tried``."""
        keeping = [a for a in self._automorphisms if all(a[i] is i for i in path)]
        reached, pending = set(tried), list(tried)
        while pending:
            index = pending.pop()
            for automorphism in keeping:
                image = automorphism[index]
                if image not in reached:
                    reached.add(image)
                    pending.append(image)
        return reached


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
            new[index] = hashed(colours[index], *sorted(seen))
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
