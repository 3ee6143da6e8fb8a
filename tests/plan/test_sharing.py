"""A value and all of its gradients share steps: three times the value, not ``n + 1`` times."""

from __future__ import annotations

import pytest

from tensorcalc.codegen import compile_equations
from tensorcalc.expr import Equations, Index, contract, extent, multiply
from tests.codegen.small_programs import at, check, program


def value_and_gradients(spec: str, sizes: dict[str, int]) -> Equations:
    """``f`` and its derivative by every factor, each written as a product of its own."""
    indices = {name: Index(name, 0, extent(f"n_{name}")) for name in sizes}
    groups = [[indices[c] for c in word] for word in spec.split(",")]
    factors = [at(f"A{n}", *group) for n, group in enumerate(groups)]
    everything = list(indices.values())
    definitions = {"f": ([], contract(everything, multiply(factors)))}
    for n, group in enumerate(groups):
        rest = multiply([f for m, f in enumerate(factors) if m != n])
        bound = [i for i in everything if i not in group]
        definitions[f"g{n}"] = (group, contract(bound, rest) if bound else rest)
    return program(definitions, list(definitions))


@pytest.mark.parametrize(
    ("spec", "sizes"),
    [
        ("a,ab,bc,cd,d", {"a": 9, "b": 8, "c": 7, "d": 6}),
        ("abc,ai,bj,ck,ijk", {"a": 9, "b": 8, "c": 7, "i": 3, "j": 2, "k": 4}),  # Tucker
        ("ijk,ir,jr,kr", {"i": 9, "j": 8, "k": 7, "r": 4}),  # canonical polyadic
        ("bc,co,bo,oh,bh", {"b": 9, "c": 5, "o": 6, "h": 7}),  # a batch index
    ],
)
def test_all_gradients_cost_a_few_times_the_value(spec: str, sizes: dict[str, int]) -> None:
    named = {f"n_{k}": v for k, v in sizes.items()}
    equations = value_and_gradients(spec, sizes)
    kernels = check(equations, named)
    total = kernels["numpy"].plan.multiplications
    value = compile_equations(equations.needed_for(["f"]), "numpy", sizes=named)
    apart = sum(
        compile_equations(equations.needed_for([name]), "numpy", sizes=named).plan.multiplications
        for name in equations.outputs
    )
    assert total < apart
    assert total <= 4 * value.plan.multiplications
