"""Reading a person's answer with the names of a program at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from tensorcalc.check.alignment import fitted
from tensorcalc.errors import UnknownNameError
from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Definition,
    Equations,
    Extent,
    Index,
    Tensor,
    Transform,
    at_indices,
    extent,
    walk,
)
from tensorcalc.language import NotationError, parse
from tensorcalc.language.latex import looks_like_latex, translate
from tensorcalc.language.names import nearest, spelled_out
from tensorcalc.language.symbols import RESULT
from tensorcalc.printing import TextStyle, to_text

__all__ = ["Answer", "read_answer"]

_RESERVED = re.compile(r"(?:.*_(?:bar|dot|hvp)|d\d*.+_d.+)")
#: Orders of more axes than this are not tried.
_MOST_AXES = 6
_LETTERS = "ijklmnpqrstuvw"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over the tensors of a program.

    Attributes:
        equations: The answer's definitions, and those of the program that they read.
        name: The output that is the answer.
        definition: The answer as it was understood, before it was put on the program.
    """

    equations: Equations
    name: str
    definition: Definition

    @property
    def order(self) -> tuple[str, ...]:
        """The names of its axes, in their order."""
        return tuple(i.name + str(i.serial or "") for i in self.definition.indices)


def read_answer(
    answer: str | Equations,
    program: Equations,
    result: Tensor,
    *,
    syntax: str = "auto",
    functions: Iterable[str] = (),
) -> Answer:
    """Return the last formula of ``answer``, with the program's names filled in.

    Args:
        answer: One or several statements in any syntax, or equations.
        program: Its inputs and definitions may be read. The answer may define a name anew.
        result: What the answer is compared with; indices that only a delta carries take
            their extents from it.
        syntax: As in :func:`tensorcalc.language.parse`.
        functions: The abstract functions that the answer may use.

    Raises:
        NotationError: The text is wrong.
        UnknownNameError: A name is in neither the answer nor the program.
        ShapeError: A tensor has another shape in the answer.
    """
    equations = (
        answer if isinstance(answer, Equations) else _parsed(answer, program, result, syntax)
    )
    if not equations.outputs:
        raise UnknownNameError("the answer has no formula")
    name = equations.outputs[-1]
    equations = equations.needed_for((name,))
    _check_names(equations, program, set(functions))
    read = {t for d in equations.definitions for t in d.reads}
    sized = {t.name for t in program.inputs} | {d.name for d in program.definitions}
    inputs = tuple(t for t in equations.inputs if t in read or t.name in sized)
    definition = equations.definition(name)
    alone = Equations(inputs, equations.definitions, (name,), (), equations.sizes)
    whole = fitted(program, alone)
    return Answer(whole, whole.outputs[0], definition)


def _check_names(equations: Equations, program: Equations, functions: set[str]) -> None:
    known = program.names()
    for tensor in equations.inputs:
        used = any(tensor in d.reads for d in equations.definitions)
        if used and tensor.name not in known:
            near = nearest(tensor.name, sorted(known))
            hint = f"did you mean {near}?" if near else f"it has {', '.join(sorted(known))}"
            raise UnknownNameError(
                f"the answer reads {tensor.name}, which is not in the program; {hint}"
            )
    for definition in equations.definitions:
        for node in walk(definition.body):
            if not isinstance(node, Apply | Transform):
                continue
            operation = node.operation
            if isinstance(operation, AbstractFunction) and operation.name not in functions:
                raise UnknownNameError(
                    f"the answer uses the function {operation.name}, which the program does not"
                )


def _parsed(text: str, program: Equations, result: Tensor, syntax: str) -> Equations:
    """The answer's text with declarations of what it mentions behind it, so places stay right."""
    if _is_matrix_notation(text, syntax):
        names = (*program.inputs, *(d.tensor for d in program.definitions))
        ranks = {t.name: t.rank for t in names if t.rank <= 2}
        return parse(text, syntax=syntax, ranks=ranks).equations
    declared = "\n".join(_declarations(text, program, result))

    def attempt(lines: Sequence[str]) -> Equations:
        parsed = parse("\n".join([text, declared, *lines]), syntax=syntax)
        if any(note.code == "N506" for note in parsed.notes):
            return _with_definitions(parsed.equations, text, program, syntax)
        return parsed.equations

    try:
        return attempt(())
    except NotationError as error:
        unknown = _open_indices(error)
        if not unknown:
            if any(d.line > text.count("\n") + 1 for d in error.diagnostics):
                parse(text, syntax=syntax)  # a bracket left open is an error of the text alone
            raise
        first_error = error
    # Indices that only a delta carries: first find their places, then their extents.
    marks = {name: f"Q{k}open" for k, name in enumerate(unknown)}
    try:
        trial = attempt([f"index {name} : {mark}" for name, mark in marks.items()])
    except NotationError:
        raise first_error from None
    indices = trial.definition(trial.outputs[-1]).indices
    found = _extents_of(indices, result)
    places = {i.name: found[i] for i in indices if i.name in marks}
    if places.keys() != marks.keys():
        raise first_error
    style = TextStyle()
    return attempt([f"index {name} : {style.extent(e)}" for name, e in places.items()])


def _with_definitions(
    equations: Equations, text: str, program: Equations, syntax: str
) -> Equations:
    """A derivative that seems 0: read again with the definitions, through which it may not be."""
    name = equations.outputs[-1]
    whole = parse("\n".join([text, to_text(program)]), syntax=syntax).equations
    return whole.needed_for((name,))


def _is_matrix_notation(text: str, syntax: str) -> bool:
    if syntax in ("auto", "latex") and looks_like_latex(text):
        return translate(text).matrix
    return syntax == "matrix"


def _open_indices(error: NotationError) -> list[str]:
    """The indices whose extents are not known, if that is all that is wrong."""
    if any(d.code != "E402" for d in error.diagnostics):
        return []
    unknown = re.compile(r"of (?:the )?ind(?:ex|ices) (.+?) (?:is|are) not known")
    found = (unknown.search(d.message) for d in error.diagnostics)
    return [name for match in found if match for name in match.group(1).split(", ")]


def _extents_of(indices: Sequence[Index], result: Tensor) -> dict[Index, Extent]:
    """Extents of the result for the answer's axes, such that those that are known agree."""
    rank = min(len(indices), result.rank)
    best = tuple(range(rank))
    if result.rank > _MOST_AXES:
        return {i: result.extents[k] for i, k in zip(indices, best, strict=False)}
    for order in permutations(range(result.rank), rank):
        chosen = [result.extents[k] for k in order]
        if _consistent(indices, chosen):
            best = order
            break
    made = {i: result.extents[k] for i, k in zip(indices, best, strict=False)}
    return {i: made.get(i, extent(1)) for i in indices}


def _consistent(indices: Sequence[Index], extents: Sequence[Extent]) -> bool:
    marks: dict[str, Extent] = {}
    for index, chosen in zip(indices, extents, strict=False):
        mark = index.extent.name
        if mark is not None and mark.startswith("Q") and mark.endswith("open"):
            if marks.setdefault(mark, chosen) is not chosen:
                return False
        elif index.extent is not chosen:
            return False
    return True


def _declarations(text: str, program: Equations, result: Tensor) -> Iterator[str]:
    """A line for each tensor and size of the program that the text may mean."""
    plain = spelled_out(text)
    own = _defined_in(plain, [*program.names(), result.name])
    style = TextStyle()
    for name in own:
        if _RESERVED.fullmatch(name):
            yield f"tensor {name}"
    tensors = [*program.inputs, *(d.tensor for d in program.definitions)]
    for tensor in tensors:
        sizes = {n for e in tensor.extents for n in e.names()}
        if tensor.name in own or tensor.name == RESULT:
            continue
        if tensor.name not in plain and not any(n in plain for n in sizes):
            continue
        indices: list[Index] = []
        for place, length in enumerate(tensor.extents):
            serial = place // len(_LETTERS)
            indices.append(Index(_LETTERS[place % len(_LETTERS)], serial, length))
        shown = to_text(at_indices(tensor, indices), free=indices)
        extents = ", ".join(style.extent(e) for e in tensor.extents)
        keyword = "integer" if tensor.domain == "integer" else "tensor"
        if _RESERVED.fullmatch(tensor.name):
            yield f"tensor {tensor.name}"
        yield f"{keyword} {shown}" + (f" [{extents}]" if tensor.rank else "")
    values = [f"{name}={value}" for name, value in program.sizes if name in plain]
    if values:
        yield f"sizes {', '.join(values)}"


def _defined_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand on the left side of one of the text's statements."""
    found: list[str] = []
    for name in names:
        pattern = rf"(?:^|[;\n])\s*`?{re.escape(name)}`?\s*(?:[_^][^=;\n]*)?=(?!=)"
        if re.search(pattern, text):
            found.append(name)
    return found
