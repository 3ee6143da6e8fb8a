"""Deltas and conditions that the ranges of their indices decide, and edges never reached."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from tensorcalc.expr import (
    ONE,
    Access,
    Affine,
    Condition,
    Delta,
    Edge,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Lookup,
    Number,
    Slot,
    Sum,
    affine,
    extent,
    multiply,
)
from tensorcalc.expr.ranges import is_inside, is_never_negative, range_of
from tensorcalc.simplify.edges import FOLDING, without_edge
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = [
    "Net",
    "decide_conditions",
    "decided",
    "difference",
    "drop_idle_edges",
]


@dataclass(frozen=True, slots=True)
class Net:
    """``sum coefficient*index + constant``, which is 0 where two index expressions are equal."""

    terms: tuple[tuple[Index, int], ...]
    constant: Extent

    @property
    def indices(self) -> tuple[Index, ...]:
        """Every index with a coefficient."""
        return tuple(i for i, _ in self.terms)

    def coefficient(self, index: Index) -> int:
        """The coefficient of ``index``, 0 if it does not occur."""
        return next((c for i, c in self.terms if i is index), 0)

    def solved_for(self, index: Index) -> Index | Affine:
        """The value of ``index``, whose coefficient is 1 or -1, that makes this 0."""
        sign = -self.coefficient(index)
        return affine(
            [(i, c * sign) for i, c in self.terms if i is not index], self.constant * sign
        )

    def range(self) -> tuple[Extent, Extent]:
        """The least and the greatest value."""
        return range_of(affine(self.terms, self.constant))


def difference(left: IndexExpression, right: IndexExpression) -> Net | None:
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
    return Net(tuple((i, c // divisor) for i, c in kept.items()), constant // divisor)


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
        slots.append(without_edge(slot) if idle else slot)
    return Access(access.tensor, tuple(slots))


def decided(node: Delta | Condition) -> Delta | Condition | Number:
    """``node`` as 1 or 0 where its indices' ranges tell, else in its shortest form."""
    if isinstance(node, Condition):
        return _decided_condition(node)
    left, right = node.left, node.right
    if left.edge in FOLDING or right.edge in FOLDING:
        return _unfolded(node)
    if left.edge is not Edge.INSIDE or right.edge is not Edge.INSIDE:
        node = Delta(without_edge(left), without_edge(right))
    net = difference(node.left.index, node.right.index)
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
    net = difference(node.right, node.left)
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
        if slot.edge in FOLDING and isinstance(beside, Index):
            index = slot.index
            if not isinstance(index, Lookup) and is_inside(index, beside.extent):
                slots[own] = without_edge(slot)
    return Delta(slots[0], slots[1])


def _never_zero(net: Net) -> bool:
    divisor = gcd(*(c for _, c in net.terms))
    number = net.constant.number
    if divisor > 1 and number is not None and number % divisor:
        return True
    low, high = net.range()
    indices = net.indices
    return is_never_negative(low - 1, indices) or is_never_negative(high * -1 - 1, indices)
