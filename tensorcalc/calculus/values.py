"""Numbers for inputs, and known functions for abstract ones."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tensorcalc.errors import TensorcalcError, UnknownNameError
from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Apply,
    Definition,
    Equations,
    Expr,
    Pointwise,
    fold,
    number,
    operation_named,
    rebuild,
    walk,
)

__all__ = ["replaced_inputs"]


def replaced_inputs(
    equations: Equations, values: Mapping[str, float | Fraction | str]
) -> Equations:
    """Return the program with inputs replaced by numbers and abstract functions by known ones.

    Raises:
        UnknownNameError: A name is neither an input nor an abstract function of the program.
        TensorcalcError: A number is given for a function, or a function for an input.
    """
    inputs = {t.name for t in equations.inputs}
    abstract = {
        node.operation.name
        for d in equations.definitions
        for node in walk(d.body)
        if isinstance(node, Apply) and isinstance(node.operation, AbstractFunction)
    }
    numbers: dict[str, Expr] = {}
    functions: dict[str, Pointwise] = {}
    for name, value in values.items():
        if name in abstract:
            functions[name] = _function(name, value)
        elif name in inputs:
            if isinstance(value, str):
                raise TensorcalcError(f"{name} is an input: give a number, not {value!r}")
            numbers[name] = number(value)
        else:
            known = ", ".join(sorted(inputs | abstract))
            raise UnknownNameError(
                f"{name} is no input and no abstract function; there are {known}"
            )

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        if isinstance(node, Access) and node.tensor.name in numbers:
            return numbers[node.tensor.name]
        if isinstance(node, Apply) and isinstance(node.operation, AbstractFunction):
            record = functions.get(node.operation.name)
            if record is not None:
                if any(node.operation.orders):
                    raise TensorcalcError(
                        f"{node.operation.name} is differentiated here: replace it first"
                    )
                defaults = tuple(number(value) for _, value in record.parameters)
                return Apply(record, (*parts, *defaults))
        return rebuild(node, parts)

    definitions = tuple(
        Definition(d.tensor, d.indices, fold(d.body, rule), d.automatic, d.starts)
        for d in equations.definitions
    )
    kept = tuple(t for t in equations.inputs if t.name not in numbers)
    return Equations(kept, definitions, equations.outputs, equations.facts, equations.sizes)


def _function(name: str, value: float | Fraction | str) -> Pointwise:
    if not isinstance(value, str):
        raise TensorcalcError(f"{name} is a function: give the name of one, such as tanh")
    try:
        record = operation_named(value)
    except KeyError:
        raise UnknownNameError(f"there is no function {value} in the catalog") from None
    if not isinstance(record, Pointwise) or record.arity != 1:
        raise TensorcalcError(f"{value} is no function of one number")
    return record
