"""``parse``: from a text, in any of the ways to write it, to equations."""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tensorcalc.expr import Definition, Equations, Expr, Extent
from tensorcalc.language import syntax
from tensorcalc.language.diagnostics import NotationError, Note, Reporter, grouped
from tensorcalc.language.grammar import parse_indices, parse_statement
from tensorcalc.language.latex import looks_like_latex, translate
from tensorcalc.language.lexer import Lexer
from tensorcalc.language.matrix import matrix_statements
from tensorcalc.language.names import BUILTIN_CALLS, LETTER, SUBSCRIPTS, spelled_out
from tensorcalc.language.program import resolve
from tensorcalc.language.source import Source, Span
from tensorcalc.language.symbols import RESULT, Context
from tensorcalc.language.syntax import Definition as _Definition
from tensorcalc.language.syntax import Output as _Output
from tensorcalc.language.tokens import DeclaredNames, scan_declarations
from tensorcalc.language.translation import MappedSource, Translation, counts_as_sizes

__all__ = [
    "MAX_CHARACTERS",
    "Formula",
    "Parsed",
    "parse",
    "parse_expression",
    "parse_formula",
    "parsed_program",
]

#: Longer texts are refused.
MAX_CHARACTERS = 2_000_000
#: Words and numbers may be this long.
MAX_WORD = 600
#: The ways to write a program.
SYNTAXES = ("auto", "text", "latex", "matrix")
_SYNTAX_LINE = re.compile(r"(?:^|[;\n])[ \t]*syntax[ \t]+([A-Za-z]+)[ \t]*(?=$|[;\n#])")
_RESULT_NAME = re.compile(
    r"^[ \t]*(?:(d[A-Za-z0-9]+(?:_d[A-Za-z0-9]+)+)(?=[_^\s=])"
    r"|([A-Za-z0-9]+_(?:bar|dot|hvp))(?=[_^\s=])"
    r"|([A-Za-z]\w*_\w+)(?=_[{<]))",
    re.MULTILINE,
)
_LONG_WORD = re.compile(rf"\w{{{MAX_WORD + 1}}}")
#: An index group of the notation, or characters that are one.
_INDEX = re.compile(rf"[_^]\s*(?:[<{{\\]|{LETTER})|[{''.join(SUBSCRIPTS)}]")
#: What some editors put in front of a file.
_BYTE_ORDER_MARK = "\ufeff"
#: Where indices are not written, their levels are not worth a note.
_LEVEL_NOTES = frozenset({"N501", "N503"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """A program as it was understood.

    Attributes:
        equations: What the text means.
        notes: What the reader should know, such as a sum over two lower slots.
        variance: ``"euclidean"`` or ``"strict"``.
        text: What was parsed.
        parameters, data: Names declared with ``param`` and ``data``.
    """

    equations: Equations
    notes: tuple[Note, ...]
    variance: str
    text: str
    parameters: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """What the notes say, equal ones once with their lines."""
        return grouped(self.notes)


def parse(
    text: str,
    *,
    syntax: str = "auto",
    variance: str = "euclidean",
    sizes: Mapping[str, int] | None = None,
    ranks: Mapping[str, int] | None = None,
    filename: str | None = None,
) -> Parsed:
    """Return the equations a text stands for.

    Args:
        text: A program, or one expression, whose value is then called ``result``.
        syntax: ``"text"``, ``"latex"``, ``"matrix"``, or ``"auto"``, which tells LaTeX by its
            commands; a line ``syntax matrix`` in the text says the same.
        variance: ``"strict"`` asks for one upper and one lower slot in every implied sum.
        sizes: Extents by the name of an index or a size.
        ranks: Number of indices by name, for matrix notation.
        filename: Named in errors.

    Raises:
        NotationError: with every problem found, each with its place.

    Example:
        >>> parsed = parse("z^i = A^i_j y^j")
        >>> [t.name for t in parsed.equations.inputs], parsed.equations.outputs
        (['A', 'y'], ('z',))
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    reporter = Reporter(Source(text[:MAX_CHARACTERS], filename))
    start = Span(0, min(1, len(text)))
    _check_length(text, reporter)
    chosen = _chosen_syntax(text, syntax)
    if chosen not in SYNTAXES:
        hint = "one of " + ", ".join(SYNTAXES)
        reporter.error("E116", f"syntax {chosen!r} is not known", start, hint)
    if variance not in ("euclidean", "strict"):
        reporter.error("E116", f"variance {variance!r} is not known", start, "euclidean or strict")
    given = _checked_sizes(sizes or {}, reporter)
    reporter.raise_errors()
    known_ranks = _checked_ranks(ranks or {}, reporter)
    reporter.raise_errors()
    if chosen != "latex":
        return _parsed(text, reporter, chosen, known_ranks, given, variance, None)
    translation = translate(text)
    try:
        return _parsed(text, reporter, chosen, known_ranks, given, variance, translation)
    except NotationError as error:
        other = counts_as_sizes(translation)
        if other is None or not _about_lone_indices(error):
            raise
        return _with_counts(text, filename, given, variance, other, error)


@contextmanager
def _few_collections() -> Generator[None]:
    """Let the garbage collector look more rarely.

    Almost everything that parsing makes stays alive, so that the collector's default rhythm
    doubles the time of a program of 10,000 lines and frees nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _check_length(text: str, reporter: Reporter) -> None:
    """Refuse texts and words beyond the bounds, before anything looks at them closely."""
    if len(text) > MAX_CHARACTERS:
        message = f"a text of {len(text)} characters; the bound is {MAX_CHARACTERS}"
        reporter.error("E111", message, Span(0, 1))
    else:
        found = _LONG_WORD.search(text)
        if found:
            message = f"a word of more than {MAX_WORD} characters"
            reporter.error("E110", message, Span(found.start(), found.start() + 1))
    reporter.raise_errors()


def _about_lone_indices(error: NotationError) -> bool:
    return all(d.code in ("E102", "E201") for d in error.diagnostics)


def _with_counts(
    text: str,
    filename: str | None,
    sizes: dict[str, int],
    variance: str,
    translation: Translation,
    error: NotationError,
) -> Parsed:
    """Read ``n_k`` as the extent of k, where it makes no sense as a tensor."""
    reporter = Reporter(Source(text, filename))
    try:
        parsed = _parsed(text, reporter, "latex", {}, sizes, variance, translation)
    except NotationError:
        raise error from None
    reporter.note("N507", "n with an index is read as the extent of that index", Span(0, 1))
    return replace(parsed, notes=tuple(reporter.notes))


def _parsed(
    text: str,
    reporter: Reporter,
    chosen: str,
    ranks: Mapping[str, int],
    sizes: Mapping[str, int],
    variance: str,
    translation: Translation | None,
) -> Parsed:
    start = Span(0, min(1, len(text)))
    with _few_collections():
        statements = _read(text, reporter, chosen, ranks, sizes, (), translation)
    if not statements and not reporter.errors:
        reporter.error("E106", "there is no statement", start, "write e.g. y^i = A^i_j x^j")
    if not statements:
        reporter.raise_errors()
    return parsed_program(statements, reporter, text, sizes, variance)


def parsed_program(
    statements: list[syntax.Statement],
    reporter: Reporter,
    text: str,
    sizes: Mapping[str, int] | None = None,
    variance: str = "euclidean",
) -> Parsed:
    """Resolve a syntax tree; errors found before are raised together with new ones."""
    with _few_collections():
        resolved = resolve(statements, reporter, sizes or {}, variance)
    notes = tuple(sorted(reporter.notes, key=lambda n: n.span.start))
    return Parsed(
        resolved.equations, notes, resolved.variance, text, resolved.parameters, resolved.data
    )


def parse_expression(
    text: str, *, sizes: Mapping[str, int] | None = None, variance: str = "euclidean"
) -> Expr:
    """Return the expression of one formula without a left side, for tests and examples.

    Example:
        >>> parse_expression("x^i x_i").free
        frozenset()
    """
    return parse(text, sizes=sizes, variance=variance).equations.definition(RESULT).body


def _read(
    text: str,
    reporter: Reporter,
    chosen: str,
    ranks: Mapping[str, int],
    sizes: Mapping[str, int],
    names: Collection[str],
    translation: Translation | None = None,
) -> list[syntax.Statement]:
    """The statements of a text; ``names`` with underscores are known from elsewhere."""
    if chosen == "latex":
        translation = translation or translate(text)
        reporter.source = MappedSource(text, translation, reporter.source.filename)
        for problem in translation.problems:
            reporter.error(*problem)
        reporter.raise_errors()
        chosen = "matrix" if translation.matrix else "latex"
        text = translation.text
    if chosen == "matrix":
        reporter.quiet = _LEVEL_NOTES
        return matrix_statements(text, ranks, reporter)
    reporter.bare = chosen != "latex" and _INDEX.search(text) is None
    return _statements(text, reporter, sizes, names, chosen == "latex")


def _names_of_results(text: str) -> list[str]:
    """Names with underscores that an answer gives its left side: ``dL_dA_{pq} = …``."""
    return [a or b or c for a, b, c in _RESULT_NAME.findall(text)]


def _chosen_syntax(text: str, given: str) -> str:
    """The syntax that the caller or a line of the text names."""
    if given != "auto":
        return given
    found = _SYNTAX_LINE.search(text) if "syntax" in text else None
    if found:
        return found.group(1)
    return "latex" if looks_like_latex(text) else "text"


def _checked_ranks(ranks: Mapping[str, int], reporter: Reporter) -> dict[str, int]:
    for name, rank in ranks.items():
        if isinstance(rank, bool) or rank not in (0, 1, 2):
            message = f"the rank of {name} is {rank!r}: it has to be 0, 1 or 2"
            reporter.error("E601", message, Span(0, 1))
    return {spelled_out(name): rank for name, rank in ranks.items()}


def _checked_sizes(sizes: Mapping[str, object], reporter: Reporter) -> dict[str, int]:
    checked: dict[str, int] = {}
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            message = f"the size {name} is {value!r}: it has to be a positive integer"
            reporter.error("E402", message, Span(0, 1))
        else:
            checked[name] = value
    return checked


def _statements(
    text: str,
    reporter: Reporter,
    sizes: Mapping[str, int],
    known: Collection[str],
    translated: bool,
) -> list[syntax.Statement]:
    names = scan_declarations(text, sizes)
    names.tensors.update(known)
    names.underscored.update(n for n in known if "_" in n)
    lexed = Lexer(text, names, reporter, parse_indices, translated).run()
    statements: list[syntax.Statement] = []
    for tokens in lexed:
        statement = parse_statement(tokens, reporter)
        if statement is not None:
            statements.append(_with_alias(statement, names))
    return statements


def _with_alias(statement: syntax.Statement, names: DeclaredNames) -> syntax.Statement:
    """``sigma = tanh`` names a function, if tanh is one."""
    match statement:
        case syntax.Definition(span, syntax.Reference(_, name, ()), syntax.Reference(_, other, ())):
            known = other in BUILTIN_CALLS or other in names.functions
            if known and name in names.functions:
                return syntax.FunctionDefinition(span, name, (), (), statement.body, other)
        case _:
            pass
    return statement


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula about a program.

    Attributes:
        definition: The formula; its indices are in the order of its left side or, without
            one, of first appearance.
        equations: The formula with definitions of its own that it reads. What it reads of the
            program is among the inputs.
        notes: As for :class:`Parsed`.
    """

    definition: Definition
    equations: Equations
    notes: tuple[Note, ...]


def parse_formula(
    text: str,
    program: Equations,
    *,
    axes: tuple[Extent, ...] = (),
    syntax: str = "auto",
    variance: str = "euclidean",
) -> Formula:
    """Return a formula that may read a program's inputs and definitions.

    Args:
        text: ``NAME_{axes} = formula`` or a formula alone; of several lines the last one is
            it, and it may read the others.
        program: Gives the names that may be read, with their extents.
        axes: The extents of the expected result, for indices that only a delta carries.
        syntax: As for :func:`parse`.
        variance: As for :func:`parse`.

    Raises:
        NotationError: with every problem found.

    Example:
        >>> program = parse("f = x_i A_ij x_j").equations
        >>> formula = parse_formula("df_k = A_kj x_j + A_jk x_j", program)
        >>> [i.name for i in formula.definition.indices]
        ['k']
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    reporter = Reporter(Source(text[:MAX_CHARACTERS]))
    _check_length(text, reporter)
    statements = _read(
        text,
        reporter,
        _chosen_syntax(text, syntax),
        {},
        {},
        {*program.names(), *_names_of_results(text)},
    )
    equations = [s for s in statements if isinstance(s, _Definition | _Output)]
    if not equations and not reporter.errors:
        reporter.error("E106", "there is no formula", Span(0, 1))
    if not equations:
        reporter.raise_errors()
    answer = equations[-1]
    if isinstance(answer, _Definition):
        target = replace(answer.target, name=RESULT)
        statements[statements.index(answer)] = replace(answer, target=target)
    tensors = (*program.inputs, *(d.tensor for d in program.definitions))
    context = Context(tuple(t for t in tensors if t.name != RESULT), axes)
    resolved = resolve(statements, reporter, {}, variance, context)
    notes = tuple(sorted(reporter.notes, key=lambda n: n.span.start))
    made = resolved.equations
    return Formula(made.definition(RESULT), made, notes)
