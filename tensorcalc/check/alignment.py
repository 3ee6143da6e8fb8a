"""Two programs over the same inputs and sizes, side by side in one.

Inputs are matched by name. Sizes have whatever names their programs gave them; they are
matched through the inputs' extents, and left apart where nothing matches them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar, cast

from tensorcalc.check.verify import carried_out
from tensorcalc.errors import ShapeError
from tensorcalc.expr import (
    Affine,
    Equations,
    Extent,
    Index,
    SizeName,
    Tensor,
    affine,
    extent,
)
from tensorcalc.expr.interning import Node

__all__ = [
    "Joint",
    "align",
    "fitted",
    "nodes_below",
    "rebuilt",
    "shown_names",
    "size_names",
    "unmarked",
]

NodeT = TypeVar("NodeT", bound=Node)

#: Stands behind the names of the right program's definitions and sizes; no user can write it.
_MARK = "″"


@dataclass(frozen=True, slots=True)
class Joint:
    """Both programs in one.

    Attributes:
        equations: The inputs of both, the definitions of both (the right one's renamed).
        pairs: The outputs to compare, by their names in ``equations``.
    """

    equations: Equations
    pairs: tuple[tuple[str, str], ...]


def align(
    left: Equations, right: Equations, pairs: Sequence[tuple[str, str]], *, shapes: bool = True
) -> Joint:
    """Return both programs over the same inputs.

    Args:
        left: A program.
        right: Another.
        pairs: Outputs to compare: a name of the left program, a name of the right one.
        shapes: Whether the outputs have to have the same shapes.

    Raises:
        ShapeError: Inputs of one name, or two outputs, cannot have the same shape.
    """
    left = carried_out(left.needed_for(dict.fromkeys(name for name, _ in pairs)))
    right = carried_out(right.needed_for(dict.fromkeys(name for _, name in pairs)))
    right = _with_marked_sizes(right)
    sizes = _Sizes()
    known = {t.name: t for t in left.inputs}
    for tensor in right.inputs:
        if tensor.name in known:
            sizes.unify(known[tensor.name], tensor, f"the input {tensor.name}")
    sizes.fix(left.inputs, right.inputs)
    for first, second in pairs if shapes else ():
        what = first if first == second else f"{first} and {second}"
        sizes.unify(left.tensor(first), right.tensor(second), what)
    found = sizes.solved()
    found.update(_back_to_own_names(right, found))
    values = _values([*left.sizes, *right.sizes], found)
    left_names = {d.name: d.name + _MARK for d in left.definitions if d.name in _inputs(right)}
    taken = {t.name for t in left.inputs} | {left_names.get(n, n) for n in left.names()}
    right_names = {d.name: d.name + _MARK for d in right.definitions if d.name in taken}
    left = cast("Equations", rebuilt(left, found, {}, left_names))
    right = cast("Equations", rebuilt(right, found, {}, right_names))
    inputs = _joint_inputs(left, right)
    left = cast("Equations", rebuilt(left, {}, inputs))
    right = cast("Equations", rebuilt(right, {}, inputs))
    equations = Equations(
        tuple(inputs.values()),
        (*left.definitions, *right.definitions),
        (*left.outputs, *right.outputs),
        tuple(dict.fromkeys((*left.facts, *right.facts))),
        values,
    )
    named = ((left_names.get(a, a), right_names.get(b, b)) for a, b in pairs)
    return Joint(equations, tuple(named))


def _inputs(equations: Equations) -> set[str]:
    return {t.name for t in equations.inputs}


def _values(
    given: Sequence[tuple[str, int]], found: Mapping[str, Extent]
) -> tuple[tuple[str, int], ...]:
    """The numbers that sizes were given, under their common names."""
    values: dict[str, int] = {}
    for name, value in given:
        stands_for = found.get(name, extent(name))
        common = stands_for.name
        number = values.setdefault(common, value) if common else stands_for.number
        if number is not None and number != value:
            shown = name.removesuffix(_MARK)
            raise ShapeError(f"the size {shown} is {value} in one program, {number} in the other")
    return tuple(sorted(values.items()))


def unmarked(root: NodeT) -> NodeT:
    """The same with the names a user knows, for printing."""
    own = {t.name: t.name.removesuffix(_MARK) for t in nodes_below(root) if isinstance(t, Tensor)}
    sizes = {n: extent(n.removesuffix(_MARK)) for n in size_names(root)}
    return cast("NodeT", rebuilt(root, sizes, {}, own))


def shown_names(pair: tuple[str, str]) -> tuple[str, str]:
    """Names of two definitions as a user knows them."""
    return pair[0].removesuffix(_MARK), pair[1].removesuffix(_MARK)


def fitted(program: Equations, answer: Equations) -> Equations:
    """Return ``answer`` over the program's tensors: its inputs are what the program names so.

    Args:
        program: Its inputs and definitions may be inputs of the answer.
        answer: A program whose inputs all have names of ``program``.

    Returns:
        The answer's definitions behind those of the program that they need; definitions of
        the answer whose name is taken are renamed.

    Raises:
        ShapeError: A tensor has another shape in the answer.
        UnknownNameError: An input of the answer is not in the program.
    """
    answer = _with_marked_sizes(answer)
    sizes = _Sizes("in the program", "in the answer")
    sizes.fix(program.inputs, [d.tensor for d in program.definitions])
    for tensor in answer.inputs:
        sizes.unify(program.tensor(tensor.name), tensor, tensor.name)
    found = sizes.solved()
    found.update(_back_to_own_names(answer, found))
    names = {d.name: d.name + _MARK for d in answer.definitions if d.name in program.names()}
    tensors = {t.name: program.tensor(t.name) for t in answer.inputs}
    new = cast("Equations", rebuilt(answer, found, tensors, names))
    read = [t.name for t in new.inputs if program.defines(t.name)]
    needed = program.needed_for(read)
    return Equations(
        program.inputs,
        (*needed.definitions, *new.definitions),
        new.outputs,
        program.facts,
        program.sizes,
    )


def rebuilt(
    root: Node,
    sizes: Mapping[str, Extent],
    inputs: Mapping[str, Tensor],
    definitions: Mapping[str, str] | None = None,
) -> Node:
    """Return ``root`` with sizes, inputs and names of definitions replaced throughout.

    Different indices stay different, even if their extents become the same.
    """
    rebuilder = _Rebuilder(sizes, inputs, definitions or {})
    return rebuilder.run(root)


@dataclass(slots=True)
class _Rebuilder:
    sizes: Mapping[str, Extent]
    inputs: Mapping[str, Tensor]
    names: Mapping[str, str]
    done: dict[Node, Node] = field(default_factory=dict[Node, Node])
    indices: set[Index] = field(default_factory=set[Index])

    def run(self, root: Node) -> Node:
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
                continue
            waiting = [part for part in _parts(node) if part not in self.done]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            self.done[node] = self._new(node)
            stack.pop()
        return self.done[root]

    def _new(self, node: Node) -> Node:
        if isinstance(node, Extent):
            return node.substitute(self.sizes)
        values = [self._field(getattr(node, f.name)) for f in fields(cast("Any", node)) if f.init]
        make = cast("Callable[..., Node]", type(node))
        match node:
            case Index():
                return self._index(make(*values))
            case Affine():
                return affine(*values)
            case Tensor(name):
                given = self.inputs.get(name)
                return given or make(self.names.get(name, name), *values[1:])
            case Equations(_, _, outputs):
                named = tuple(self.names.get(name, name) for name in outputs)
                return make(*values[:2], named, *values[3:])
            case _:
                return make(*values)

    def _field(self, value: Any) -> Any:
        if isinstance(value, Node):
            return self.done[value]
        if isinstance(value, tuple):
            return tuple(self._field(v) for v in cast("tuple[object, ...]", value))
        return value

    def _index(self, index: Node) -> Index:
        assert isinstance(index, Index)
        while index in self.indices:
            index = Index(index.name, index.serial + 1, index.extent)
        self.indices.add(index)
        return index


def _parts(node: Node) -> Iterator[Node]:
    pending: list[Any] = [getattr(node, f.name) for f in fields(cast("Any", node)) if f.init]
    while pending:
        value = pending.pop()
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            pending.extend(cast("tuple[object, ...]", value))


def nodes_below(root: Node) -> Iterator[Node]:
    """Yield everything ``root`` consists of, indices, slots and extents included, once."""
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(_parts(node))


def size_names(root: Node) -> set[str]:
    """Every size that is named anywhere in ``root``."""
    return {node.name for node in nodes_below(root) if isinstance(node, SizeName)}


def _with_marked_sizes(equations: Equations) -> Equations:
    """The same with size names of its own."""
    names = size_names(equations) | {name for name, _ in equations.sizes}
    marked = {name: extent(name + _MARK) for name in names}
    new = cast("Equations", rebuilt(equations, marked, {}))
    sizes = tuple((name + _MARK, value) for name, value in equations.sizes)
    return Equations(new.inputs, new.definitions, new.outputs, new.facts, sizes)


def _back_to_own_names(right: Equations, found: Mapping[str, Extent]) -> dict[str, Extent]:
    """Marked sizes that nothing matched take the name they had."""
    free = size_names(right) - found.keys()
    return {name: extent(name.removesuffix(_MARK)) for name in free}


def _joint_inputs(left: Equations, right: Equations) -> dict[str, Tensor]:
    """One tensor for each input of both programs, with what either declares of it."""
    names = {t.name: t for t in left.inputs}
    for tensor in right.inputs:
        known = names.get(tensor.name)
        if known is None:
            names[tensor.name] = tensor
            continue
        names[tensor.name] = replace(
            known,
            facts=known.facts | tensor.facts,
            symmetry=known.symmetry or tensor.symmetry,
            domain="integer" if "integer" in (known.domain, tensor.domain) else "real",
        )
    return names


class _Sizes:
    """Equations between extents, solved for one name at a time."""

    def __init__(self, left: str = "on the left", right: str = "on the right") -> None:
        self._sides = left, right
        self._known: dict[str, Extent] = {}
        self._fixed: set[str] = set()

    def fix(self, *inputs: Sequence[Tensor]) -> None:
        """The sizes of these tensors are given from now on: no equation may restrict them."""
        extents = (e for tensors in inputs for t in tensors for e in t.extents)
        self._fixed = {name for e in extents for name in e.substitute(self._known).names()}

    def unify(self, left: Tensor, right: Tensor, what: str) -> None:
        """The two tensors have one shape."""
        if left.rank != right.rank:
            one, two = self._sides
            raise ShapeError(f"{what}: {left.rank} axes {one}, {right.rank} {two}")
        for axis, (first, second) in enumerate(zip(left.extents, right.extents, strict=True)):
            first, second = first.substitute(self._known), second.substitute(self._known)
            difference = second - first
            if not difference.terms:
                continue
            solution = _solved(difference, self._fixed)
            if solution is None:
                shown = str(second).replace(_MARK, "")
                one, two = self._sides
                raise ShapeError(f"{what}: axis {axis} is {first} long {one}, {shown} {two}")
            name, value = solution
            for other, known in self._known.items():
                self._known[other] = known.substitute({name: value})
            self._known[name] = value

    def solved(self) -> dict[str, Extent]:
        """What each name stands for."""
        return dict(self._known)


def _solved(difference: Extent, fixed: Collection[str]) -> tuple[str, Extent] | None:
    """``difference = 0`` solved for one size, one of the right program if possible."""
    candidates: list[tuple[bool, str, Extent]] = []
    for monomial, coefficient in difference.terms:
        match monomial:
            case (SizeName(name),) if abs(coefficient) == 1:
                rest = difference - extent(name) * coefficient
                if name not in rest.names() and name not in fixed:
                    candidates.append((not name.endswith(_MARK), name, rest * -coefficient))
            case _:
                pass
    if not candidates:
        return None
    _, name, value = min(candidates, key=lambda c: (c[0], c[1]))
    return name, value
