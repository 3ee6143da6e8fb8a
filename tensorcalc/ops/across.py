"""Functions across indices: softmax and its like, norms, extremes, products."""

from __future__ import annotations

from collections.abc import Callable

from tensorcalc.expr.build import ONE, ZERO, apply, multiply, power, reduce, subtract
from tensorcalc.expr.indices import Index, Level, fresh
from tensorcalc.expr.nodes import Argument, Delta, Expr, Slot, Transform
from tensorcalc.expr.operations import Functional, no_derivative, operation_named, register
from tensorcalc.expr.substitution import substitute
from tensorcalc.expr.traversal import accesses

__all__ = ["derivative_slots", "same_transform"]

Value = Callable[[tuple[Slot, ...]], Expr]


def derivative_slots(
    argument: Argument, at: tuple[Slot, ...], inner: tuple[Index, ...]
) -> tuple[Slot, ...]:
    """The slots of ``inner`` in a Jacobian: opposite to the components or to the argument.

    Differentiating by ``x^j`` gives a lower ``j``. Without components to take the level
    from, it is the opposite of where the argument's body holds the bound index, or lower.
    """
    if len(at) == len(inner):
        return tuple(Slot(i, s.level.opposite) for i, s in zip(inner, at, strict=True))
    levels = (_level_of(bound, argument.body) for bound in argument.bound)
    return tuple(Slot(i, level.opposite) for i, level in zip(inner, levels, strict=True))


def _level_of(index: Index, body: Expr) -> Level:
    for access in accesses(body):
        for slot in access.slots:
            if slot.index is index:
                return slot.level
    return Level.UPPER


def same_transform(name: str, node: Transform, at: tuple[Slot, ...]) -> Expr:
    """The function ``name`` of the arguments of ``node``, read at ``at``."""
    operation = operation_named(name)
    assert isinstance(operation, Functional)
    return Transform(operation, node.arguments, at)


def _component(node: Transform, number: int, inner: tuple[Index, ...]) -> Expr:
    """The argument itself at ``inner``, lowered: ``x_j`` for the argument ``x^i``."""
    argument = node.arguments[number]
    replacement = dict(zip(argument.bound, inner, strict=True))
    return substitute(argument.body, replacement, flipped=argument.bound)


def _delta(at: tuple[Slot, ...], slots: tuple[Slot, ...]) -> Expr:
    return multiply(Delta(a, s) for a, s in zip(at, slots, strict=True))


def _softmax(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    slots = derivative_slots(node.arguments[number], node.at, inner)
    return multiply((value(node.at), subtract(_delta(node.at, slots), value(slots))))


def _log_softmax(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    slots = derivative_slots(node.arguments[number], node.at, inner)
    return subtract(_delta(node.at, slots), apply("exp", value(slots)))


def _logsumexp(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    return same_transform("softmax", node, derivative_slots(node.arguments[number], (), inner))


def _norm(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    return multiply((_component(node, number, inner), apply("reciprocal_or_zero", value(()))))


def _normalize(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    slots = derivative_slots(node.arguments[number], node.at, inner)
    projection = subtract(_delta(node.at, slots), multiply((value(node.at), value(slots))))
    return multiply((power(same_transform("norm", node, ()), -1), projection))


def _max(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    slots = derivative_slots(node.arguments[number], (), inner)
    return same_transform("argmax_onehot", node, slots)


def _min(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    slots = derivative_slots(node.arguments[number], (), inner)
    return same_transform("argmin_onehot", node, slots)


def _flat(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    return ZERO


def _no_argmax(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    raise no_derivative(node.operation.name)


def _prod(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    """The product of the other entries: ``value / x_j`` would be wrong where ``x_j`` is 0."""
    argument = node.arguments[number]
    slots = derivative_slots(argument, (), inner)
    bound: list[Index] = []
    for index in argument.bound:
        bound.append(fresh(index, {*inner, *argument.free, *bound}))
    entry = substitute(argument.body, dict(zip(argument.bound, bound, strict=True)))
    own = tuple(Slot(i, s.level.opposite) for i, s in zip(bound, slots, strict=True))
    return reduce("prod", bound, apply("where", _delta(own, slots), ONE, entry))


register(
    Functional(
        name="softmax",
        result="keep",
        bound=None,
        derivative=_softmax,
        numpy="_softmax({0}, {axes})",
        torch="torch.softmax(torch.flatten({0}, {axes[0]}), -1).reshape({0}.shape)",
        torch_one="torch.softmax({0}, -1)",
        latex=r"\operatorname{{softmax}}_{{{0}}}",
        support=("_softmax",),
    )
)

register(
    Functional(
        name="log_softmax",
        result="keep",
        bound=None,
        derivative=_log_softmax,
        numpy="_log_softmax({0}, {axes})",
        torch="torch.log_softmax(torch.flatten({0}, {axes[0]}), -1).reshape({0}.shape)",
        torch_one="torch.log_softmax({0}, -1)",
        latex=r"\log\operatorname{{softmax}}_{{{0}}}",
        support=("_log_softmax",),
    )
)

register(
    Functional(
        name="logsumexp",
        result="drop",
        bound=None,
        derivative=_logsumexp,
        numpy="_logsumexp({0}, {axes})",
        torch="torch.logsumexp({0}, {axes})",
        latex=r"\operatorname{{logsumexp}}_{{{0}}}",
        support=("_logsumexp",),
    )
)

register(
    Functional(
        name="norm",
        result="drop",
        bound=None,
        derivative=_norm,
        numpy="_norm({0}, {axes})",
        torch="torch.linalg.vector_norm({0}, dim={axes})",
        latex=r"\operatorname{{norm}}_{{{0}}}",
        support=("_norm",),
        kinks="the gradient at 0 is 0",
        source="the Euclidean (Frobenius) norm",
    )
)

register(
    Functional(
        name="normalize",
        result="keep",
        bound=None,
        derivative=_normalize,
        numpy="_normalize({0}, {axes})",
        torch="torch.nn.functional.normalize({0}, dim={axes})",
        latex=r"\operatorname{{normalize}}_{{{0}}}",
        support=("_norm", "_normalize"),
        domain="norms above 1e-12",
        kinks="the value at 0 is 0; there is no derivative there",
        source="x / norm(x)",
    )
)

register(
    Functional(
        name="prod",
        result="drop",
        bound=None,
        derivative=_prod,
        numpy="np.prod({0}, axis={axes})",
        torch="torch.prod(torch.flatten({0}, {axes[0]}), -1)",
        torch_one="torch.prod({0}, -1)",
        latex=r"\prod_{{{0}}}",
    )
)


def _extreme(name: str, derivative: Callable[..., Expr]) -> None:
    """Register ``max`` or ``min`` with its position and the indicator of the position."""
    register(
        Functional(
            name=name,
            result="drop",
            bound=None,
            derivative=derivative,
            numpy=f"np.{name}({{0}}, axis={{axes}})",
            torch=f"torch.{name}(torch.flatten({{0}}, {{axes[0]}}), -1).values",
            torch_one=f"torch.{name}({{0}}, -1).values",
            latex=rf"\{name}_{{{{{{0}}}}}}",
            kinks="the first extreme takes the whole derivative",
        )
    )
    register(
        Functional(
            name=f"arg{name}",
            result="drop",
            bound=1,
            derivative=_no_argmax,
            numpy=f"np.arg{name}({{0}}, axis=-1)",
            torch=f"torch.arg{name}({{0}}, -1)",
            latex=rf"\operatorname{{{{arg\,{name}}}}}_{{{{{{0}}}}}}",
            kinks="the position of the first extreme; an integer, without derivative",
        )
    )
    register(
        Functional(
            name=f"arg{name}_onehot",
            result="keep",
            bound=None,
            derivative=_flat,
            numpy=f"_one_hot({{0}}, {{axes}}, np.arg{name})",
            torch=(
                f"torch.zeros_like(torch.flatten({{0}}, {{axes[0]}})).scatter(-1,"
                f" torch.arg{name}(torch.flatten({{0}}, {{axes[0]}}), -1, keepdim=True), 1.0)"
                f".reshape({{0}}.shape)"
            ),
            torch_one=(
                f"torch.zeros_like({{0}}).scatter("
                f"-1, torch.arg{name}({{0}}, -1, keepdim=True), 1.0)"
            ),
            latex=rf"\operatorname{{{{onehot\,arg\,{name}}}}}_{{{{{{0}}}}}}",
            support=("_one_hot",),
            kinks="1 at the first extreme, else 0; the derivative is 0 everywhere",
            analytic=False,
        )
    )


_extreme("max", _max)
_extreme("min", _min)
