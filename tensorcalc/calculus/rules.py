"""Differentiation: one rule for each node kind, and the loop that carries them out.

A ``Derivative`` node is replaced by its rule's right side, which may hold ``Derivative``
nodes of the parts. :func:`differentiate` runs this to the end; a derivation runs
:func:`one_round` and records each round. Both use :func:`apply_rule`, so what is shown
is what was computed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from typing import assert_never

from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import (
    ZERO,
    AbstractFunction,
    Access,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Expr,
    Index,
    Level,
    Lookup,
    Number,
    Pointwise,
    Product,
    Size,
    Slot,
    Sum,
    Tensor,
    Transform,
    add,
    children,
    contract,
    fresh,
    is_zero,
    multiply,
    rebuild,
    rename_bound,
    substitute,
    walk,
)
from tensorcalc.expr.steps import Rule

__all__ = ["apply_rule", "carry_out", "depends_on", "differentiate", "one_round"]

SUM = Rule("sum rule", r"\partial (f + g) = \partial f + \partial g")
PRODUCT = Rule("product rule", r"\partial (f g) = \partial f\, g + f\, \partial g")
LINEAR = Rule("constant factors", r"\partial (c f) = c\, \partial f")
CONTRACTION = Rule("derivative under the sum", r"\partial \sum_i f_i = \sum_i \partial f_i")
CHAIN = Rule("chain rule", r"\partial f(u) = f'(u)\, \partial u")
BRANCHES = Rule(
    "derivative of each branch",
    r"\partial\, \mathrm{where}(c, a, b) = \mathrm{where}(c, \partial a, \partial b)",
)
VECTOR_CHAIN = Rule("chain rule", r"\partial f(u)^i = \sum_k [\nabla f(u)]^i_k\, \partial u^k")
SELF = Rule(
    "derivative by itself", r"\frac{\partial A^i_j}{\partial A^k_l} = \delta^i_k \delta^l_j"
)
CONSTANT = Rule("derivative of a constant", r"\partial c = 0")


def differentiate(expr: Expr, wrt: Access) -> Expr:
    """Return the derivative of ``expr`` by every component of ``wrt``.

    The result is exact and unsimplified: rules are applied, terms that are constant
    dropped, and nothing else is cancelled.

    Args:
        expr: Any expression, with free indices F.
        wrt: The tensor and the indices its slots get in the result, written on the
            tensor's own levels; none of them may occur in ``expr``.

    Returns:
        An expression with free indices F and those of ``wrt``, on the opposite level.

    Raises:
        NotDifferentiableError: ``expr`` depends on ``wrt`` through an operation without a
            derivative, or ``wrt`` holds integers.

    Sources:
        Laue, Mitterreiter, Giesen, "A Simple and Efficient Tensor Calculus", AAAI 2020.
    """
    return carry_out(Derivative(expr, wrt))


def apply_rule(node: Derivative, depends: Callable[[Expr], bool]) -> tuple[Rule, Expr]:
    """Return the rule for ``node`` and its right side.

    Args:
        node: A derivative whose body is no derivative itself.
        depends: Whether an expression depends on ``node.wrt``'s tensor.
    """
    body, wrt = node.body, node.wrt
    if wrt.tensor.domain == "integer":
        raise NotDifferentiableError(f"{wrt.tensor.name} holds integers: no derivative by it")
    if not depends(body):
        return CONSTANT, ZERO
    match body:
        case Number() | Size():
            return CONSTANT, ZERO
        case Access():
            return SELF, _by_itself(body, wrt)
        case Delta() | Condition():
            raise NotDifferentiableError(f"an index is looked up in {wrt.tensor.name}")
        case Sum(terms):
            return SUM, add(Derivative(t, wrt) for t in terms if depends(t))
        case Product(factors):
            varying = [k for k, f in enumerate(factors) if depends(f)]
            terms_ = (
                multiply((*factors[:k], Derivative(factors[k], wrt), *factors[k + 1 :]))
                for k in varying
            )
            return (PRODUCT if len(varying) > 1 else LINEAR), add(terms_)
        case Contraction():
            renamed = rename_bound(body, wrt.free)
            assert isinstance(renamed, Contraction)
            return CONTRACTION, contract(renamed.bound, Derivative(renamed.body, wrt))
        case Apply(Pointwise(name="where")):
            return BRANCHES, _through_branches(body, wrt, depends)
        case Apply():
            return CHAIN, _through_pointwise(body, wrt, depends)
        case Transform():
            return VECTOR_CHAIN, _through_transform(body, wrt, depends)
        case Derivative():
            raise AssertionError("inner derivatives are carried out first")
        case _:
            assert_never(body)


def _by_itself(body: Access, wrt: Access) -> Expr:
    """One delta for each slot: the occurrence's level, and the opposite of the variable's.

    By a declared symmetric tensor, the symmetric part.
    """
    if body.tensor is not wrt.tensor:
        raise NotDifferentiableError(f"an index is looked up in {wrt.tensor.name}")
    for own in body.slots:
        if isinstance(own.index, Lookup) and any(
            a.tensor is wrt.tensor for a in walk(own.index.source) if isinstance(a, Access)
        ):
            raise NotDifferentiableError(f"an index is looked up in {wrt.tensor.name}")
    arrangements = _arrangements(wrt.tensor)
    share = Number(Fraction(1, len(arrangements)))
    return add(
        multiply((share, Number(Fraction(sign)), *map(_delta, body.slots, _reordered(wrt, order))))
        for sign, order in arrangements
    )


def _delta(own: Slot, other: Slot) -> Delta:
    there = Slot(other.index, other.level.opposite)
    here_first = own.level is Level.UPPER or there.level is Level.LOWER
    return Delta(own, there) if here_first else Delta(there, own)


def _reordered(wrt: Access, order: tuple[int, ...]) -> list[Slot]:
    return [wrt.slots[k] for k in order]


def _arrangements(tensor: Tensor) -> list[tuple[int, tuple[int, ...]]]:
    """The orders of slots under which a declared symmetric tensor is itself, with signs.

    The derivative by such a tensor is the symmetric part: the mean over all of them.
    """
    found: list[tuple[int, tuple[int, ...]]] = [(1, tuple(range(tensor.rank)))]
    for parity, places in tensor.symmetry:
        new: list[tuple[int, tuple[int, ...]]] = []
        for sign, order in found:
            for permuted in permutations(range(len(places))):
                changed = list(order)
                for place, k in zip(places, permuted, strict=True):
                    changed[place] = order[places[k]]
                new.append((sign * (_sign(permuted) if parity == -1 else 1), tuple(changed)))
        found = new
    return found


def _sign(order: tuple[int, ...]) -> int:
    count = len(order)
    swapped = sum(order[a] > order[b] for a in range(count) for b in range(a + 1, count))
    return -1 if swapped % 2 else 1


def _through_pointwise(body: Apply, wrt: Access, depends: Callable[[Expr], bool]) -> Expr:
    operation, arguments = body.operation, body.arguments
    if isinstance(operation, AbstractFunction):
        partials: tuple[Expr, ...] = tuple(
            Apply(operation.derivative(k), arguments) for k in range(len(arguments))
        )
    else:
        partials = operation.partials(arguments, body)
    return add(
        multiply((partial, Derivative(argument, wrt)))
        for partial, argument in zip(partials, arguments, strict=True)
        if depends(argument)
    )


def _through_branches(body: Apply, wrt: Access, depends: Callable[[Expr], bool]) -> Expr:
    """``where(c, ∂a, 0) + where(c, 0, ∂b)``: what the branch not taken gives is left out.

    A product ``[c] ∂a`` would not do: 0 times an infinite derivative is not a number.
    """
    condition, first, second = body.arguments
    terms: list[Expr] = []
    if depends(first):
        terms.append(Apply(body.operation, (condition, Derivative(first, wrt), ZERO)))
    if depends(second):
        terms.append(Apply(body.operation, (condition, ZERO, Derivative(second, wrt))))
    return add(terms)


def _through_transform(body: Transform, wrt: Access, depends: Callable[[Expr], bool]) -> Expr:
    operation = body.operation
    terms: list[Expr] = []
    for number, argument in enumerate(body.arguments):
        if not depends(argument.body):
            continue
        taken = {*wrt.free, *body.free}
        inner: list[Index] = []
        for index in argument.bound:
            new = fresh(index, taken)
            taken.add(new)
            inner.append(new)
        if isinstance(operation, AbstractFunction):
            level = body.at[0].level.opposite if body.at else Level.LOWER
            slots = tuple(Slot(i, level) for i in inner)
            place = _place_of_derivative(body, operation, number)
            at = (*body.at[:place], *slots, *body.at[place:])
            kernel: Expr = Transform(operation.derivative(number), body.arguments, at)
        else:
            kernel = operation.derivative(body, number, tuple(inner), _value_of(body))
        mapping = dict(zip(argument.bound, inner, strict=True))
        inside = substitute(argument.body, mapping)
        terms.append(contract(inner, multiply((kernel, Derivative(inside, wrt)))))
    return add(terms)


def _place_of_derivative(body: Transform, operation: AbstractFunction, number: int) -> int:
    """Where the slots of one more derivative by an argument go: they are grouped by argument."""
    orders = operation.orders
    behind = sum(
        order * len(argument.bound)
        for order, argument in zip(orders[number + 1 :], body.arguments[number + 1 :], strict=True)
    )
    return len(body.at) - behind


def _value_of(body: Transform) -> Callable[[tuple[Slot, ...]], Expr]:
    def value(at: tuple[Slot, ...]) -> Expr:
        return Transform(body.operation, body.arguments, at)

    return value


def depends_on(tensor: Tensor) -> Callable[[Expr], bool]:
    """Return a test, with a memory, of whether an expression reads ``tensor``."""
    known: dict[Expr, bool] = {}

    def test(expr: Expr) -> bool:
        stack = [expr]
        while stack:
            node = stack[-1]
            if node in known:
                stack.pop()
                continue
            if isinstance(node, Access) and node.tensor is tensor:
                known[node] = True
                continue
            parts = children(node)
            waiting = [part for part in parts if part not in known]
            if waiting:
                stack.extend(waiting)
                continue
            known[node] = any(known[part] for part in parts)
        return known[expr]

    return test


class _Dependences:
    """``depends_on`` for each tensor, made once."""

    def __init__(self) -> None:
        self._tests: dict[Tensor, Callable[[Expr], bool]] = {}

    def __getitem__(self, tensor: Tensor) -> Callable[[Expr], bool]:
        test = self._tests.get(tensor)
        if test is None:
            test = self._tests[tensor] = depends_on(tensor)
        return test


def carry_out(expr: Expr) -> Expr:
    """Return ``expr`` with every ``Derivative`` in it carried out, innermost first."""
    depends = _Dependences()
    expanded: dict[Derivative, Expr] = {}
    done: dict[Expr, Expr] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        # The variable of a derivative names slots; it is no part to be carried out.
        parts = (node.body,) if isinstance(node, Derivative) else children(node)
        waiting = [part for part in parts if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        if isinstance(node, Derivative):
            result = expanded.get(node)
            if result is None:
                inner = Derivative(done[node.body], node.wrt)
                result = expanded[node] = apply_rule(inner, depends[node.wrt.tensor])[1]
            if result not in done:
                stack.append(result)
                continue
            done[node] = done[result]
        else:
            done[node] = _light(node, tuple(done[part] for part in parts))
        stack.pop()
    return done[expr]


def one_round(expr: Expr) -> tuple[tuple[Rule, ...], Expr]:
    """Replace every innermost ``Derivative`` by its rule's right side, once.

    Returns:
        The rules that were used, in order of first use, and the new expression; no
        rules when nothing is left to carry out.
    """
    depends = _Dependences()
    used: dict[Rule, None] = {}
    done: dict[Expr, Expr] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        if isinstance(node, Derivative) and not _holds_derivative(node.body):
            rule, result = apply_rule(node, depends[node.wrt.tensor])
            used[rule] = None
            done[node] = result
            stack.pop()
            continue
        parts = (node.body,) if isinstance(node, Derivative) else children(node)
        waiting = [part for part in parts if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        if isinstance(node, Derivative):
            inner = done[node.body]
            done[node] = ZERO if is_zero(inner) else Derivative(inner, node.wrt)
        else:
            done[node] = _light(node, tuple(done[part] for part in parts))
        stack.pop()
    return tuple(used), done[expr]


def _light(node: Expr, parts: tuple[Expr, ...]) -> Expr:
    """Rebuild a node, dropping zeros and ones that rules have left."""
    if parts == children(node):
        return node
    match node:
        case Sum():
            return add(parts)
        case Product():
            return multiply(parts)
        case Contraction(bound, _):
            return contract(bound, parts[0])
        case Transform(operation, arguments, at) if len(parts) == len(arguments):
            made = zip(arguments, parts, strict=True)
            return Transform(operation, tuple(Argument(a.bound, p) for a, p in made), at)
        case _:
            return rebuild(node, parts)


def _holds_derivative(expr: Expr) -> bool:
    return any(isinstance(node, Derivative) for node in walk(expr))
