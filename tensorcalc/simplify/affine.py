"""Deltas between affine indices, solved over the integers.

``sum_j δ^{i-j}_m w_j = w_{i-m}``: a summed index that stands in a delta with the coefficient 1 or
-1 is replaced by the solution. The solution may leave the index's range; then the sum has
no such term, so a factor that carries the index must vanish there: its slot gets the edge
rule ``zeropad``, and so does every other access that would leave its tensor. What cannot be
written so stays a delta under its sum, which is right as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from tensorcalc.expr import (
    ONE,
    AbstractFunction,
    Access,
    Affine,
    Apply,
    Condition,
    Contraction,
    Delta,
    Edge,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Number,
    Pointwise,
    Product,
    Slot,
    Sum,
    Transform,
    affine,
    children,
    extent,
    fold,
    free_of_index,
    multiply,
    rebuild,
    rename_bound,
    substitute,
    walk,
)
from tensorcalc.expr.ranges import is_inside, is_never_negative, range_of
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = [
    "decide_conditions",
    "decided",
    "drop_idle_edges",
    "eliminate_affine_deltas",
    "folds_onto",
    "is_finite",
    "may_be_looked_up",
    "zero_outside",
]

_FOLDING = (Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE)


@dataclass(frozen=True, slots=True)
class _Net:
    """``sum coefficient*index + constant``, which is 0 where two index expressions are equal."""

    terms: tuple[tuple[Index, int], ...]
    constant: Extent

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(i for i, _ in self.terms)

    def coefficient(self, index: Index) -> int:
        return next((c for i, c in self.terms if i is index), 0)

    def solved_for(self, index: Index) -> Index | Affine:
        """The value of ``index``, whose coefficient is 1 or -1, that makes this 0."""
        sign = -self.coefficient(index)
        return affine(
            [(i, c * sign) for i, c in self.terms if i is not index], self.constant * sign
        )

    def range(self) -> tuple[Extent, Extent]:
        return range_of(affine(self.terms, self.constant))


@dataclass(frozen=True, slots=True)
class _Solution:
    """``index = value`` makes the delta 1; ``factors`` are the others with it put in.

    ``cost`` orders solutions of one delta: the least is taken.
    """

    index: Index
    factors: tuple[Expr, ...]
    cost: tuple[int, ...]


def eliminate_affine_deltas(expr: Expr) -> Expr:
    """``sum_j δ^{i-j}_m w_j = w_{i-m}``, with zero where ``i-m`` leaves the range of ``j``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not any(isinstance(f, Delta | Condition) for f in term.factors):
        return expr
    bound, factors = list(term.bound), list(term.factors)
    position = 0
    changed = False
    while position < len(factors):
        factor = factors[position]
        if not isinstance(factor, Delta | Condition):
            position += 1
            continue
        value = decided(factor)
        if isinstance(value, Number):
            if value.value == 0:
                return value
            del factors[position]
            changed = True
            continue
        if value is not factor:
            factors[position] = factor = value
            changed = True
        rest = [*factors[:position], *factors[position + 1 :]]
        solution = _solve(factor, rest, bound)
        if solution is None:
            position += 1
            continue
        bound.remove(solution.index)
        factors = list(solution.factors)
        position = 0
        changed = True
    return expr_of(Term(term.coefficient, tuple(bound), tuple(factors))) if changed else expr


def decide_conditions(expr: Expr) -> Expr:
    """A condition or a delta that the ranges of its indices decide is 1 or 0."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors = [decided(f) if isinstance(f, Delta | Condition) else f for f in term.factors]
    if all(new is old for new, old in zip(factors, term.factors, strict=True)):
        return expr
    product = multiply((Number(term.coefficient), *factors))
    inner = term_of(product)
    return expr_of(Term(inner.coefficient, term.bound, inner.factors))


def drop_idle_edges(expr: Expr) -> Expr:
    """``zeropad(x_i) = x_i``: an edge rule that never acts, as the index stays inside."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors = tuple(_plain_access(f) if isinstance(f, Access) else f for f in term.factors)
    if all(new is old for new, old in zip(factors, term.factors, strict=True)):
        return expr
    return expr_of(Term(term.coefficient, term.bound, factors))


def _plain_access(access: Access) -> Access:
    slots: list[Slot] = []
    for slot, size in zip(access.slots, access.tensor.extents, strict=True):
        idle = (
            slot.edge is not Edge.INSIDE
            and not isinstance(slot.index, Lookup)
            and is_inside(slot.index, size)
        )
        slots.append(_without_edge(slot) if idle else slot)
    return Access(access.tensor, tuple(slots))


def decided(node: Delta | Condition) -> Delta | Condition | Number:
    """``node`` as 1 or 0 where its indices' ranges tell, else in its shortest form."""
    if isinstance(node, Condition):
        return _decided_condition(node)
    left, right = node.left, node.right
    if left.edge in _FOLDING or right.edge in _FOLDING:
        return _unfolded(node)
    if left.edge is not Edge.INSIDE or right.edge is not Edge.INSIDE:
        node = Delta(_without_edge(left), _without_edge(right))
    net = _difference(node.left.index, node.right.index)
    if net is None:
        return node
    if _never_zero(net):
        return Number(Fraction(0))
    if not net.terms and not net.constant.terms:
        return ONE
    if isinstance(node.left.index, Index) and isinstance(node.right.index, Index):
        return node
    if not net.constant.terms and sorted(c for _, c in net.terms) == [-1, 1]:
        (first, sign), (second, _) = net.terms
        if sign < 0:
            first, second = second, first
        return Delta(Slot(first, node.left.level), Slot(second, node.right.level))
    return node


def _decided_condition(node: Condition) -> Condition | Number:
    net = _difference(node.right, node.left)
    if net is None:
        return node
    low, high = net.range()
    indices = net.indices
    verdict: bool | None = None
    match node.relation:
        case "<=" | "<":
            least = 1 if node.relation == "<" else 0
            if is_never_negative(low - least, indices):
                verdict = True
            elif is_never_negative(high * -1 + (least - 1), indices):
                verdict = False
        case "==" | "!=":
            if _never_zero(net):
                verdict = node.relation == "!="
            elif not net.terms and not net.constant.terms:
                verdict = node.relation == "=="
    return node if verdict is None else Number(Fraction(int(verdict)))


def _unfolded(node: Delta) -> Delta:
    """The same without an edge rule that never acts, since the slot stays inside."""
    slots = [node.left, node.right]
    for own, other in ((0, 1), (1, 0)):
        slot, beside = slots[own], slots[other].index
        if slot.edge in _FOLDING and isinstance(beside, Index):
            index = slot.index
            if not isinstance(index, Lookup) and is_inside(index, beside.extent):
                slots[own] = _without_edge(slot)
    return Delta(slots[0], slots[1])


def _never_zero(net: _Net) -> bool:
    divisor = gcd(*(c for _, c in net.terms))
    number = net.constant.number
    if divisor > 1 and number is not None and number % divisor:
        return True
    low, high = net.range()
    indices = net.indices
    return is_never_negative(low - 1, indices) or is_never_negative(high * -1 - 1, indices)


def _difference(left: IndexExpression, right: IndexExpression) -> _Net | None:
    """``left - right``, divided by what divides every coefficient; None with a look-up."""
    if isinstance(left, Lookup) or isinstance(right, Lookup):
        return None
    terms: dict[Index, int] = {}
    constant = extent(0)
    for side, sign in ((left, 1), (right, -1)):
        if isinstance(side, Index):
            terms[side] = terms.get(side, 0) + sign
        else:
            for index, coefficient in side.terms:
                terms[index] = terms.get(index, 0) + sign * coefficient
            constant = constant + side.constant * sign
    kept = {i: c for i, c in terms.items() if c}
    divisor = gcd(*kept.values(), *(c for _, c in constant.terms)) if kept else 1
    return _Net(tuple((i, c // divisor) for i, c in kept.items()), constant // divisor)


def _solve(
    node: Delta | Condition, rest: Sequence[Expr], bound: Sequence[Index]
) -> _Solution | None:
    if isinstance(node, Condition):
        if node.relation != "==" or not node.free.intersection(bound):
            return None
        left, right = Slot(node.left, Level.UPPER), Slot(node.right, Level.LOWER)
    else:
        left, right = node.left, node.right
    found: list[_Solution] = []
    if left.edge in _FOLDING or right.edge in _FOLDING:
        for own, other in ((left, right), (right, left)):
            if own.edge in _FOLDING and other.edge is Edge.INSIDE:
                found.extend(_folded_solutions(own, other, rest, bound))
    else:
        net = _difference(left.index, right.index)
        if net is None:
            return None
        for place, index in enumerate(bound):
            if abs(net.coefficient(index)) == 1:
                alone = index in (left.index, right.index)
                flip = alone and left.level is right.level
                solution = _put_in(index, net.solved_for(index), flip, alone, rest, place)
                if solution is not None:
                    found.append(solution)
    return min(found, key=lambda solution: solution.cost, default=None)


def _put_in(
    index: Index,
    value: Index | Affine,
    flip: bool,
    alone: bool,
    rest: Sequence[Expr],
    place: int,
) -> _Solution | None:
    """The factors with ``index = value``, if the range of ``index`` can be kept."""
    flipped = [index] if flip else []
    same_range = isinstance(value, Index) and value.extent is index.extent
    if not same_range and any(folds_onto(f, index) for f in rest):
        return None
    if is_inside(value, index.extent):
        factors = tuple(substitute(f, {index: value}, flipped) for f in rest)
        return _Solution(index, factors, (0, 0, 0, 0, place))
    if not any(_vanishes(f, index) for f in rest):
        return None
    marked: list[Expr] = []
    zeros = 0
    for factor in rest:
        if index not in factor.free:
            marked.append(factor)
            continue
        ready = _zero_padded(factor, index, value)
        if ready is None:
            return None
        zeros += ready[1]
        marked.append(substitute(ready[0], {index: value}, flipped))
    return _Solution(index, tuple(marked), (1, int(not alone), zeros, _is_sum(value), place))


def _is_sum(value: Index | Affine) -> int:
    """1 for ``m + j``, 0 for ``i - m``, which is how people write a convolution's adjoint."""
    terms = value.terms if isinstance(value, Affine) else ()
    return int(len(terms) > 1 and all(c > 0 for _, c in terms))


def _apart(root: Expr, avoid: Collection[Index]) -> Expr:
    """``root`` with no index of ``avoid`` bound inside it."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        return rename_bound(rebuild(node, parts), avoid)

    return fold(root, rule)


def folds_onto(root: Expr, index: Index) -> bool:
    """Whether the range of ``index`` is what a folded slot is folded onto."""
    return index in root.free and any(
        (node.left.edge in _FOLDING and node.right.index is index)
        or (node.right.edge in _FOLDING and node.left.index is index)
        for node in walk(root)
        if isinstance(node, Delta)
    )


def _folded_solutions(
    own: Slot, other: Slot, rest: Sequence[Expr], bound: Sequence[Index]
) -> list[_Solution]:
    """Solutions of ``fold(own) = other``, where the fold is onto the range of ``other``.

    A plain summed ``other`` is replaced by the folded slot. A circle can be solved for any
    index that goes once around it.
    """
    index, target = own.index, other.index
    if not isinstance(target, Index) or isinstance(index, Lookup):
        return []
    found: list[_Solution] = []
    if target in bound and target not in own.free:
        factors = _on_circle(rest, target, index, own.edge, target.extent)
        if factors is not None:
            found.append(_Solution(target, factors, (0, 0, 0, 0, 0)))
    if own.edge is not Edge.CIRCULAR:
        return found
    net = _difference(index, target)
    if net is None:
        return found
    for place, candidate in enumerate(bound):
        if candidate is target or candidate.extent is not target.extent:
            continue
        if abs(net.coefficient(candidate)) != 1:
            continue
        value = net.solved_for(candidate)
        factors = _on_circle(rest, candidate, value, Edge.CIRCULAR, target.extent)
        if factors is not None:
            found.append(_Solution(candidate, factors, (1, 1, 0, _is_sum(value), place)))
    return found


def _on_circle(
    rest: Sequence[Expr], index: Index, value: Index | Affine, edge: Edge, length: Extent
) -> tuple[Expr, ...] | None:
    """The factors with the folded ``value`` for ``index``; None where it cannot be written."""
    made: list[Expr] = []
    for factor in rest:
        if index not in factor.free:
            made.append(factor)
            continue
        new = _with_edge(_apart(factor, {index}), index, edge, length)
        if new is None:
            return None
        made.append(substitute(new, {index: value}))
    return tuple(made)


def _with_edge(root: Expr, index: Index, edge: Edge, length: Extent) -> Expr | None:
    """``root`` with ``edge`` on every slot that holds ``index``; None if one cannot take it."""

    def slot(own: Slot, size: Extent | None) -> Slot | None:
        if index not in own.free:
            return own
        if own.index is index and own.edge is Edge.INSIDE and size is length:
            return Slot(own.index, own.level, edge)
        on_same_circle = own.edge is edge is Edge.CIRCULAR and size is length
        return own if on_same_circle and isinstance(own.index, Affine) else None

    done: dict[Expr, Expr] = {}
    for node in _bottom_up(root):
        if index not in node.free:
            done[node] = node
            continue
        new = rebuild(node, tuple(done[part] for part in children(node)))
        match new:
            case Access(tensor, slots):
                pairs = zip(slots, tensor.extents, strict=True)
                changed = [slot(s, size) for s, size in pairs]
                if any(s is None for s in changed) or tensor.domain == "integer":
                    return None
                new = Access(tensor, tuple(s for s in changed if s is not None))
            case Delta(left, right) if index in left.free | right.free:
                return None
            case Condition():
                return None
            case Transform(_, _, at) if any(index in s.free for s in at):
                return None
            case _:
                pass
        done[node] = new
    return done[root]


def _vanishes(factor: Expr, index: Index) -> bool:
    """Whether ``factor`` is 0 for ``index`` outside its range, once padded with zeros."""
    if index not in factor.free:
        return False
    match factor:
        case Access(tensor, slots):
            return tensor.domain == "real" and any(
                s.index is index and size is index.extent and s.edge in (Edge.INSIDE, Edge.ZERO)
                for s, size in zip(slots, tensor.extents, strict=True)
            )
        case Sum(terms):
            return all(_vanishes(t, index) for t in terms)
        case Product() | Contraction():
            term = term_of(factor)
            return any(_vanishes(f, index) for f in term.factors)
        case Apply(Pointwise(name="pow"), (base, Number(exponent))) if exponent > 0:
            return _vanishes(base, index)
        case _:
            return False


def _zero_padded(root: Expr, index: Index, value: Index | Affine) -> tuple[Expr, int] | None:
    """``root`` ready for ``value`` in place of ``index``, outside the index's range too.

    Returns:
        The expression whose accesses that may leave their tensors read zero there, and how
        many they are; None where one cannot be read, or a function might not be finite.
    """
    root = _apart(root, {index, *free_of_index(value)})
    zeros = 0
    unsafe: dict[Expr, bool] = {}
    done: dict[Expr, Expr] = {}
    for node in _bottom_up(root):
        inside = any(unsafe[part] for part in children(node))
        new = rebuild(node, tuple(done[part] for part in children(node)))
        match new:
            case Access(tensor, slots):
                made: list[Slot] = []
                for own, size in zip(slots, tensor.extents, strict=True):
                    ready = _padded_slot(own, size, index, value)
                    if ready is None:
                        return None
                    zeros += ready is not own
                    inside = inside or ready is not own
                    made.append(ready)
                if inside and tensor.domain == "integer":
                    return None
                new = Access(tensor, tuple(made))
            case Transform(_, _, at) if any(index in s.free for s in at):
                return None
            case Apply() | Transform():
                if inside and not _is_total(new):
                    return None
            case _:
                pass
        unsafe[node] = inside
        done[node] = new
    return done[root], zeros


def zero_outside(expr: Expr, index: Index, value: Index | Affine) -> Expr | None:
    """``expr`` with ``value`` for ``index``, and 0 where the value leaves the index's range.

    Only for an expression that is linear in a tensor whose slot leaves it together with the
    index. None where a part could not be read out there, or might not be finite.
    """
    if folds_onto(expr, index):
        return None
    if is_inside(value, index.extent):
        return substitute(expr, {index: value})
    ready = _zero_padded(expr, index, value)
    return None if ready is None else substitute(ready[0], {index: value})


def _padded_slot(own: Slot, size: Extent, index: Index, value: Index | Affine) -> Slot | None:
    if index not in own.free or own.edge is not Edge.INSIDE or isinstance(own.index, Lookup):
        return own
    new = _replaced(own.index, index, value)
    if is_inside(new, size):
        return own
    # Where even the range of the index leads outside, it reads what stands beside the
    # tensor: the start of a recurrence.
    return Slot(own.index, own.level, Edge.ZERO) if is_inside(own.index, size) else None


def _replaced(own: Index | Affine, index: Index, value: Index | Affine) -> Index | Affine:
    if isinstance(own, Index):
        return value
    terms: list[tuple[Index, int]] = []
    constant = own.constant
    for term, coefficient in own.terms:
        if term is not index:
            terms.append((term, coefficient))
        elif isinstance(value, Index):
            terms.append((value, coefficient))
        else:
            terms.extend((i, c * coefficient) for i, c in value.terms)
            constant = constant + value.constant * coefficient
    return affine(terms, constant)


def is_finite(expr: Expr) -> bool:
    """Whether every function in ``expr`` is finite wherever its arguments are."""
    return all(_is_total(node) for node in walk(expr) if isinstance(node, Apply | Transform))


def _is_total(node: Apply | Transform) -> bool:
    """Whether the function is finite wherever its arguments are."""
    match node.operation:
        case AbstractFunction():
            return False
        case Pointwise(name="pow"):
            exponent = node.arguments[1]
            return isinstance(exponent, Number) and exponent.value > 0 and exponent.value % 1 == 0
        case record:
            return record.domain == "all real numbers"


def may_be_looked_up(index: Index, factors: Sequence[Expr]) -> bool:
    """Whether a look-up may stand for ``index``: not inside ``i+j``, nor beside a folded slot."""

    def holds(found: IndexExpression) -> bool:
        return isinstance(found, Affine) and any(i is index for i, _ in found.terms)

    for factor in factors:
        if index not in factor.free:
            continue
        for node in walk(factor):
            match node:
                case Access(_, slots) | Transform(_, _, slots):
                    if any(holds(s.index) for s in slots):
                        return False
                case Delta(left, right):
                    folded = left.edge in _FOLDING or right.edge in _FOLDING
                    if holds(left.index) or holds(right.index) or (folded and index in node.free):
                        return False
                case Condition(_, first, second):
                    if holds(first) or holds(second):
                        return False
                case _:
                    pass
    return True


def _without_edge(slot: Slot) -> Slot:
    return slot if slot.edge is Edge.INSIDE else Slot(slot.index, slot.level)


def _bottom_up(root: Expr) -> list[Expr]:
    """Every distinct node, parts before what they are in."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        if left:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((part, False) for part in children(node))
    return order
