"""The choice of index names: wishes kept where they can be, never two things under one name."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tensorcalc.expr import (
    Contraction,
    Expr,
    Index,
    Level,
    Product,
    Size,
    Slot,
    access,
    add,
    affine,
    apply,
    contract,
    extent,
    multiply,
    transform,
)
from tensorcalc.printing import (
    FormulaPrinter,
    IndexNames,
    TextStyle,
    distinct_names,
    indices_in_order,
    to_text,
)

N = extent("n")


def index(name: str, serial: int = 0) -> Index:
    return Index(name, serial, N)


def test_a_wish_is_kept() -> None:
    assert IndexNames([index("j", 7), index("batch", 3)]).free == ("j", "batch")


def test_the_smallest_unused_number_is_taken() -> None:
    assert IndexNames([index("i"), index("i1"), index("i", 1), index("i", 2)]).free == (
        "i",
        "i1",
        "i2",
        "i3",
    )


def test_a_numbered_wish_counts_on_from_its_stem() -> None:
    assert IndexNames([index("j2"), index("j2", 1)]).free == ("j2", "j1")


def test_a_size_name_is_never_an_index_name() -> None:
    n = Index("n", 0, N)
    expr = multiply([Size(N), access("x^i", n)])
    assert to_text(expr) == "n x^<n1>"


def test_a_size_in_an_affine_index_is_reserved_too() -> None:
    t = Index("T", 0, N)
    expr = access("x^i_j", t, affine([(index("i"), 1)], extent("T") - 1))
    assert to_text(expr) == "x^<T1>_{i+T-1}"


def test_characters_the_notation_cannot_hold_are_dropped() -> None:
    assert IndexNames([index("a b,"), index("3"), index("")]).free == ("ab", "i3", "i")


def test_two_sums_in_one_term_have_two_names() -> None:
    j = index("j")
    inner = contract([j], multiply([access("a_j", j), access("b^j", j)]))
    assert to_text(Product((inner, inner))) == "a_j b^j a_<j1> b^<j1>"


def test_sums_in_two_terms_may_share_a_name() -> None:
    j = index("j")
    inner = contract([j], multiply([access("a_j", j), access("b^j", j)]))
    other = contract([j], multiply([access("c_j", j), access("d^j", j)]))
    assert to_text(add([inner, other])) == "a_j b^j + c_j d^j"


def test_arguments_of_two_functions_may_share_a_name() -> None:
    j = index("j")
    inner = contract([j], multiply([access("a_j", j), access("b^j", j)]))
    expr = Product((apply("exp", inner), apply("tanh", inner)))
    assert to_text(expr) == "exp(a_j b^j) tanh(a_j b^j)"


def test_a_sum_beside_a_function_avoids_the_names_inside() -> None:
    j = index("j")
    inner = contract([j], multiply([access("a_j", j), access("b^j", j)]))
    assert to_text(Product((apply("exp", inner), inner))) == "exp(a_j b^j) a_<j1> b^<j1>"
    assert to_text(Product((inner, apply("exp", inner)))) == "a_j b^j exp(a_<j1> b^<j1>)"


def test_a_bound_index_that_shadows_a_free_one_is_renamed() -> None:
    i = index("i")
    shadow = Contraction((i,), multiply([access("a_i", i), access("b^i", i)]))
    assert to_text(multiply([access("c^i", i), shadow])) == "c^i a_<i1> b^<i1>"


def test_a_bound_index_that_shadows_a_bound_one_is_renamed() -> None:
    i = index("i")
    inside = apply("exp", contract([i], multiply([access("a_i", i), access("b^i", i)])))
    outer = contract([i], multiply([access("c_i", i), access("d^i", i), inside]))
    assert to_text(outer) == "c_i d^i exp(a_<i1> b^<i1>)"


def test_free_indices_are_named_in_the_order_given() -> None:
    i, other = index("i"), index("i", 1)
    expr = access("A^i_j", i, other)
    assert to_text(expr) == "A^i_<i1>"
    assert to_text(expr, free=[other, i]) == "A^<i1>_i"


def test_distinct_names_hold_over_several_formulas() -> None:
    i, j = index("i"), index("i", 4)
    assert distinct_names([i, j, i], {"i1"}) == {i: "i", j: "i2"}


INDICES = [Index(name, serial, N) for name in ("i", "j", "i1") for serial in range(3)]


@st.composite
def formulas(draw: st.DrawFn) -> Expr:
    """Sums, products, functions and contractions over few indices, so that scopes collide."""
    leaves = st.sampled_from(INDICES).map(lambda i: access("x^i", i))
    expr: Expr = draw(leaves)
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["sum", "product", "exp", "contract", "softmax"]))
        match kind:
            case "sum":
                expr = add([expr, draw(leaves)])
            case "product":
                expr = multiply([expr, draw(leaves)])
            case "exp":
                expr = apply("exp", expr)
            case "contract":
                bound = draw(
                    st.lists(st.sampled_from(INDICES), min_size=1, max_size=2, unique=True)
                )
                expr = Contraction(tuple(bound), expr)
            case _:
                bound_index, at = draw(st.sampled_from(INDICES)), draw(st.sampled_from(INDICES))
                expr = transform("softmax", [((bound_index,), expr)], [Slot(at, Level.UPPER)])
    return expr


@given(st.lists(st.sampled_from(INDICES), max_size=9, unique=True), st.sets(st.sampled_from("ij")))
def test_names_in_force_are_distinct(indices: list[Index], reserved: set[str]) -> None:
    names = IndexNames(indices[:4], reserved)
    bound = names.bind(indices[4:])
    in_force = [*names.free, *bound]
    assert len(set(in_force)) == len(in_force)
    assert reserved.isdisjoint(in_force)


class Watched(IndexNames):
    """Fails where a name that is in force is given out again."""

    def __init__(self, free: Iterable[Index]) -> None:
        self.in_force: list[str] = []
        super().__init__(free)

    def bind(self, indices: Iterable[Index]) -> tuple[str, ...]:
        made = super().bind(indices)
        assert len(set(made)) == len(made)
        assert set(made).isdisjoint(self.in_force)
        self.in_force.extend(made)
        return made

    def bind_as(self, indices: Iterable[Index], names: Iterable[str]) -> None:
        shared = tuple(names)
        assert set(shared) <= set(self.in_force)
        super().bind_as(indices, shared)
        self.in_force.extend(shared)

    def release(self, indices: Iterable[Index]) -> None:
        for index in tuple(indices):
            self.in_force.remove(self[index])
            super().release([index])


@given(formulas())
def test_no_name_in_force_is_given_again(expr: Expr) -> None:
    free = [i for i in indices_in_order(expr) if i in expr.free]
    names = Watched(free)
    assert FormulaPrinter(TextStyle(), names).print(expr) == to_text(expr)
    assert sorted(names.in_force) == sorted(names.free)


@given(formulas())
def test_printing_twice_gives_the_same(expr: Expr) -> None:
    assert to_text(expr) == to_text(expr)
