"""Splitting nested formulas into definitions, and putting definitions back.

Reverse accumulation is linear in the number of definitions, so the argument of a
non-linear function that holds a summation becomes a definition of its own before
differentiating. Afterwards, what is read once goes back into its reader, unless a name
reads better.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tensorcalc.expr import (
    ZERO,
    Access,
    Apply,
    Argument,
    Contraction,
    Definition,
    Delta,
    Edge,
    Equations,
    Expr,
    Index,
    IndexExpression,
    Lookup,
    Number,
    Operation,
    Pointwise,
    Slot,
    Start,
    Tensor,
    Transform,
    accesses,
    all_indices,
    at_indices,
    children,
    contract,
    fresh,
    level_of,
    multiply,
    rebuild,
    substitute,
    walk,
)
from tensorcalc.expr.ranges import is_inside
from tensorcalc.expr.recurrences import first_step, groups, is_recurrent, step_slots
from tensorcalc.expr.steps import Rule
from tensorcalc.simplify import folds_onto, is_finite, may_be_looked_up, replaced, signature
from tensorcalc.simplify.canonical import first_appearance

__all__ = ["KNOWN", "KnownValues", "count_reads", "inline", "split", "unused_name"]

KNOWN = Rule("value that exists already, by its name")


def split(equations: Equations) -> Equations:
    """Return the program with summations inside non-linear functions named.

    ``x^p = B^p_i sigma(A^i_j y^j + b^i)`` becomes ``z^i = A^i_j y^j + b^i`` and
    ``x^p = B^p_i sigma(z^i)``. Definitions that are already split stay as they are.
    """
    taken = {*equations.names(), *(name for name, _ in equations.sizes)}
    result: list[Definition] = []
    for group in groups(equations.definitions):
        if is_recurrent(group):
            result.extend(_split_recurrence(group, taken))
            continue
        for definition in group:
            body, made = _split_body(definition.body, definition.indices, taken)
            result.extend((*made, replaced(definition, body)))
    return Equations(
        equations.inputs, tuple(result), equations.outputs, equations.facts, equations.sizes
    )


def _split_recurrence(group: Sequence[Definition], taken: set[str]) -> list[Definition]:
    """Split the bodies; what reads no member comes before the group, starts are named."""
    slots = step_slots(group)
    inside = {d.tensor for d in group}
    before: list[Definition] = []
    result: list[Definition] = []
    for definition in group:
        starts: list[Start] = []
        for start in definition.starts:
            body = start.body
            if not isinstance(body, Access | Number):
                name = unused_name(f"{definition.name}_start", taken)
                taken.add(name)
                levels = tuple(level_of(body, i) for i in start.indices)
                tensor = Tensor(name, tuple(i.extent for i in start.indices), levels)
                whole, made = _split_body(body, start.indices, taken)
                before.extend((*made, Definition(tensor, start.indices, whole, automatic=True)))
                body = at_indices(tensor, start.indices)
            starts.append(Start(start.slot, start.component, start.indices, body))
        first = first_step(definition)
        slot = slots.get(definition.tensor)
        step = None if slot is None else definition.indices[slot]

        def is_split(part: Expr, first: int = first, step: Index | None = step) -> bool:
            # Before the first step, parts that read no member may lie outside their tensors.
            return first == 0 or step not in part.free or not inside.isdisjoint(_tensors(part))

        body, made = _split_body(definition.body, definition.indices, taken, is_split)
        for new in made:
            if inside.isdisjoint(new.reads):
                before.append(new)
                continue
            inside.add(new.tensor)
            result.append(_without_first(new, step, first))
        automatic = definition.automatic
        result.append(
            Definition(definition.tensor, definition.indices, body, automatic, tuple(starts))
        )
    return [*before, *result]


def _without_first(part: Definition, step: Index | None, first: int) -> Definition:
    """A part of a recurrence has no value before the first step: it is given as 0 there."""
    if not first or step is None:
        return part
    slot = part.indices.index(step)
    others = tuple(i for i in part.indices if i is not step)
    starts = tuple(Start(slot, component, others, ZERO) for component in range(first))
    return Definition(part.tensor, part.indices, part.body, part.automatic, starts)


def _tensors(expr: Expr) -> set[Tensor]:
    return {access.tensor for access in accesses(expr)}


def _split_body(
    whole: Expr,
    free: Sequence[Index],
    taken: set[str],
    is_split: Callable[[Expr], bool] = lambda _: True,
) -> tuple[Expr, list[Definition]]:
    """The body that reads new definitions, and these in order.

    What is named has the indices of its reader first, in the reader's order: for
    ``y_nk = tanh(V_ki x_ni)`` it is ``z_nk``, of the shape of ``y``.
    """
    made: list[Definition] = []
    named: dict[Expr, Expr] = {}

    def name_it(part: Expr, wish: str) -> Expr:
        found = named.get(part)
        if found is None:
            if not is_split(part):
                return part
            appearing = first_appearance(part)
            own = tuple(i for i in free if i in appearing)
            indices = own + tuple(i for i in appearing if i not in own)
            name = unused_name(wish, taken)
            taken.add(name)
            levels = tuple(level_of(part, i) for i in indices)
            tensor = Tensor(name, tuple(i.extent for i in indices), levels)
            made.append(Definition(tensor, indices, part, automatic=True))
            found = named[part] = at_indices(tensor, indices)
        return found

    done: dict[Expr, Expr] = {}
    stack = [whole]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        waiting = [part for part in children(node) if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        new = rebuild(node, tuple(done[part] for part in children(node)))
        done[node] = _named_arguments(new, name_it)
        stack.pop()
    return done[whole], made


def _named_arguments(node: Expr, name_it: Callable[[Expr, str], Expr]) -> Expr:
    match node:
        case Apply(Pointwise(name="where") as operation, (condition, *branches)):
            # A branch that may be infinite where it is not taken stays inside: named, its
            # derivative would be multiplied by 0 instead of left out.
            parts = (name_it(b, "z") if _summed(b) and is_finite(b) else b for b in branches)
            return Apply(operation, (condition, *parts))
        case Apply(operation, arguments):
            residual = isinstance(operation, Pointwise) and operation.name == "pow"
            wish = "r" if residual else "z"
            return Apply(operation, tuple(name_it(a, wish) if _summed(a) else a for a in arguments))
        case Transform(operation, arguments, at):
            made = tuple(
                Argument(a.bound, name_it(a.body, "z")) if _composite(a.body) else a
                for a in arguments
            )
            return Transform(operation, made, at)
        case _:
            return node


def _summed(expr: Expr) -> bool:
    """Whether a summation or a function of whole tensors is inside."""
    return any(isinstance(node, Contraction | Transform) for node in walk(expr))


def _composite(expr: Expr) -> bool:
    return not isinstance(expr, Access)


def unused_name(wish: str, taken: Collection[str]) -> str:
    """``wish``, or ``wish`` with the smallest number that makes it unused."""
    if wish not in taken:
        return wish
    number = 1
    while f"{wish}{number}" in taken:
        number += 1
    return f"{wish}{number}"


def inline(expr: Expr, definitions: Mapping[Tensor, Definition]) -> Expr:
    """Return ``expr`` with accesses to the given definitions replaced by their bodies.

    Labels stay: only a tensor can be looked up in.

    The bodies are put in as they are: go through a program in order, so that they hold
    nothing that is to be replaced itself.
    """
    done: dict[Expr, Expr] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        parts = children(node)
        waiting = [part for part in parts if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        new = rebuild(node, tuple(done[part] for part in parts))
        if isinstance(new, Access) and new.tensor in definitions and _is_real(new.tensor):
            new = body_at(definitions[new.tensor], new)
        done[node] = new
        stack.pop()
    return done[expr]


def _is_real(tensor: Tensor) -> bool:
    return tensor.domain != "integer"


def body_at(definition: Definition, access: Access) -> Expr:
    """The body of ``definition`` at the slots of ``access``.

    What cannot be substituted, a slot with a rule for the edge or a look-up for an index that
    stands in ``i+j``, is read through a delta: ``zeropad(y_{i-j}) = sum_k δ_{k, i-j} y_k``.
    """
    body = definition.body
    replacements: dict[Index, IndexExpression] = {}
    flipped: list[Index] = []
    deltas: list[Delta] = []
    taken = {*all_indices(body), *definition.indices, *access.free}
    for index, level, slot in zip(
        definition.indices, definition.tensor.levels, access.slots, strict=True
    ):
        if _substitutable(index, slot, body):
            replacements[index] = slot.index
            if level is not slot.level:
                flipped.append(index)
            continue
        summed = fresh(index, taken)
        taken.add(summed)
        replacements[index] = summed
        deltas.append(Delta(slot, Slot(summed, level.opposite)))
    inside = substitute(body, replacements, flipped)
    bound = [i for i in replacements.values() if isinstance(i, Index) and _sums(i, deltas)]
    return contract(bound, multiply((*deltas, inside)))


def _substitutable(index: Index, slot: Slot, body: Expr) -> bool:
    if isinstance(slot.index, Lookup):
        return may_be_looked_up(index, [body])
    if not isinstance(slot.index, Index) and folds_onto(body, index):
        return False
    return slot.edge is Edge.INSIDE or is_inside(slot.index, index.extent)


def _sums(index: Index, deltas: Collection[Delta]) -> bool:
    return any(delta.right.index is index for delta in deltas)


def count_reads(expr: Expr) -> dict[Tensor, int]:
    """In how many places of ``expr``, as printed, each tensor is read; 2 stands for more."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        node, left = stack.pop()
        if left:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((part, False) for part in children(node))
    places: dict[Expr, int] = dict.fromkeys(order, 0)
    places[expr] = 1
    total: dict[Tensor, int] = {}
    for node in reversed(order):
        for part in children(node):
            places[part] = min(2, places[part] + places[node])
        if isinstance(node, Access):
            total[node.tensor] = min(2, total.get(node.tensor, 0) + places[node])
    return total


class KnownValues:
    """Function values that definitions hold already, to be used by name.

    With ``s^i = sigmoid(z^i)`` in the program, ``sigmoid(z^k) (1 - sigmoid(z^k))`` elsewhere
    becomes ``s^k (1 - s^k)``.
    """

    def __init__(
        self,
        definitions: Iterable[Definition],
        free: Collection[Tensor] = (),
        *,
        starts_too: bool = False,
    ) -> None:
        """Collect the values.

        Args:
            definitions: What is known.
            free: Tensors by which is still to be differentiated: their names mean more than
                the value they have.
            starts_too: The values of a recurrence too, although its starts differ.
        """
        self._known: dict[Expr, tuple[Definition, tuple[Index, ...]]] = {}
        self._operations: set[Operation] = set()
        for definition in definitions:
            if definition.tensor in free or (first_step(definition) and not starts_too):
                continue
            if isinstance(definition.body, Apply | Transform):
                found = signature(definition.body)
                if set(found.indices) == set(definition.indices):
                    self._known.setdefault(found.skeleton, (definition, found.indices))
                    self._operations.add(definition.body.operation)

    def __call__(self, expr: Expr) -> Expr:
        """Return ``expr`` with known values replaced by accesses."""
        if not self._known:
            return expr
        done: dict[Expr, Expr] = {}
        stack = [expr]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            named = self._named(node)
            if named is not None:
                done[node] = named
                stack.pop()
                continue
            parts = children(node)
            waiting = [part for part in parts if part not in done]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            done[node] = rebuild(node, tuple(done[part] for part in parts))
            stack.pop()
        return done[expr]

    def _named(self, node: Expr) -> Access | None:
        if not isinstance(node, Apply | Transform) or node.operation not in self._operations:
            return None
        found = signature(node)
        match = self._known.get(found.skeleton)
        if match is None:
            return None
        definition, order = match
        place = dict(zip(order, found.indices, strict=True))
        slots = (Slot(place[i], level_of(node, place[i])) for i in definition.indices)
        return Access(definition.tensor, tuple(slots))
