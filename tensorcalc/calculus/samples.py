"""A summed sample index kept open: derivatives for each sample, without a loop."""

from __future__ import annotations

from tensorcalc.errors import UnknownNameError
from tensorcalc.expr import Definition, Equations, Expr, Index, Sum, Tensor, add
from tensorcalc.expr.indices import Level
from tensorcalc.simplify import simplify
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["per_sample"]


def per_sample(equations: Equations, of: str, name: str) -> Equations:
    """Return the program with the sum over index ``name`` in ``of`` left out.

    ``L = 1/K sum_k l_k`` becomes ``L^k = 1/K l_k``, so that its Jacobian holds the gradient
    of each sample's part.

    Args:
        equations: The program.
        of: A definition, each of whose terms sums over the index.
        name: The name of the sample index.

    Raises:
        UnknownNameError: A term of ``of`` does not sum over an index of that name.
    """
    definition = equations.definition(of)
    body = simplify(definition.body, equations.facts)
    terms = body.terms if isinstance(body, Sum) else (body,)
    opened: list[Expr] = []
    sample: Index | None = None
    for part in terms:
        term = term_of(part)
        found = next((i for i in term.bound if i.name == name), None)
        if found is None or (sample is not None and sample is not found):
            raise UnknownNameError(
                f"{of} is no sum over {name}: every term of it must be, for a part of each sample"
            )
        sample = found
        bound = tuple(i for i in term.bound if i is not found)
        opened.append(expr_of(Term(term.coefficient, bound, term.factors)))
    assert sample is not None
    tensor = definition.tensor
    new = Tensor(tensor.name, (sample.extent, *tensor.extents), (Level.LOWER, *tensor.levels))
    replaced = Definition(new, (sample, *definition.indices), add(opened))
    readers = [d.name for d in equations.definitions if tensor in d.reads]
    if readers:
        raise UnknownNameError(
            f"{of} is read by {', '.join(readers)}: take the gradient per {name} of an output"
        )
    definitions = tuple(replaced if d is definition else d for d in equations.definitions)
    return Equations(
        equations.inputs, definitions, equations.outputs, equations.facts, equations.sizes
    )
