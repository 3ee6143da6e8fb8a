"""Tokens, and the names a text declares, which decide how it is cut into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorcalc.language.names import (
    BIG_OPERATORS,
    BUILTIN_CALLS,
    INDEXED_FUNCTIONS,
    LETTER,
    MATRIX_FUNCTIONS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    spelled_out,
)
from tensorcalc.language.source import Span

__all__ = [
    "DECLARING",
    "LEFT_GROUPS",
    "SETTINGS",
    "BareName",
    "DeclaredNames",
    "Token",
    "scan_declarations",
]

#: Statements that declare tensors, by their first word.
DECLARING = (
    "tensor", "param", "data", "symmetric", "antisymmetric", "positive", "mask", "integer",
    "metric", "scalar", "vector", "matrix",
)  # fmt: skip
SETTINGS = ("variance", "syntax")


class BareName(str):
    """A name without back-ticks, of a tensor that is declared in them."""

    __slots__ = ()


class Token:
    """A token; ``type`` is its terminal in the grammar."""

    __slots__ = ("end", "start", "type", "value")

    # What lark asks of the last token of a text.
    start_pos = end_pos = line = column = end_line = end_column = None

    def __init__(self, kind: str, value: object, start: int, end: int) -> None:
        self.type = kind
        self.value = value
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        """The token's place."""
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return f"{self.type}({self.value!r})"


@dataclass(slots=True)
class DeclaredNames:
    """What is known of names before the text is cut into tokens.

    Attributes:
        indices: Declared index names; they win over splitting into letters.
        underscored: Names that hold underscores (declared tensors and sizes).
        declared: Every declared tensor.
        tensors: Names that are tensors by declaration, definition or use.
        shadowed: Tensors that are declared in back-ticks, and nowhere without: where the bare
            name can mean a function or a constant of the notation, it does.
        functions: Names with a ``def`` or an alias.
    """

    indices: set[str] = field(default_factory=set[str])
    underscored: set[str] = field(default_factory=set[str])
    declared: set[str] = field(default_factory=set[str])
    tensors: set[str] = field(default_factory=set[str])
    functions: set[str] = field(default_factory=set[str])
    shadowed: set[str] = field(default_factory=set[str])

    def underscored_pattern(self) -> str:
        """A pattern that matches the names with underscores, longest first."""
        names = {*self.underscored, *(n for n in BUILTIN_CALLS if "_" in n)}
        spelled = sorted(names, key=lambda n: (-len(n), n))
        return "(?:" + "|".join(map(re.escape, spelled)) + r")(?![A-Za-z0-9])"


_COMMENT = re.compile(r"#[^\n]*")
_DECLARATION = re.compile(
    r"(?:^|(?<=[;\n]))[ \t]*(" + "|".join((*DECLARING, "index", "sizes")) + r")[ \t]+([^\n;]*)"
)
_WORD = LETTER + r"(?:" + LETTER + r"|\d)*"
_ITEM = re.compile(rf"(?:^|,)\s*(?:`([^`]*)`|({_WORD}(?:_(?:{LETTER}|\d)+)*))([^,]*)")
#: An index in simple groups: a letter with digits and primes, or a name in angle brackets.
_INDEX = re.compile(rf"<[^<>]*>|{LETTER}[\d']*")
_IN_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_SIZE = re.compile(rf"{_WORD}(?:_(?:{LETTER}|\d)+)+")
_RESERVED = re.compile(r"^(?:.*_(?:bar|dot|hvp)|d\d*.+_d.+)$")
_FUNCTION = re.compile(
    rf"(?:^|(?<=[;\n]))[ \t]*(?:def[ \t]+({_WORD})|({_WORD})[ \t]*=[ \t]*"
    rf"({_WORD}(?:_{_WORD})?)[ \t]*(?=$|[;\n#]))"
)
#: The index groups of a left side; a range, ``sum_{k=0}^{3}``, stands on none.
LEFT_GROUPS = (
    r"(?:[\^_](?:\{[^{}=\n;]*\}|<[^<>=\n;]*>|[^={}<>\n;()!\[\]]*)|\{\}"
    rf"|[{''.join((*SUBSCRIPTS, *SUPERSCRIPTS))}])*"
)
_DEFINED = re.compile(rf"(?:^|(?<=[;\n]))[ \t]*({_WORD})[ \t]*{LEFT_GROUPS}[ \t]*=(?!=)")
#: A name in use, with its primes, and a bracket or an index mark behind it; what else holds words.
_USE = (
    rf"\#[^\n]*|`([^`\n]*)`|(?:^|(?<=[;\n]))[ \t]*(?:def|index|sizes)[ \t][^\n]*"
    rf"|[\^_](?:\{{[^{{}}]*\}}|<[^<>]*>|(?:{LETTER}|[0-9'])+)"
    rf"|(%s|{_WORD})(['′]*)(?:(\()|(?=\s*([\^_])))?"
)


def scan_declarations(text: str, sizes: Iterable[str]) -> DeclaredNames:
    """Find the declared names of a text.

    This runs before the text is cut into tokens and never fails: what is wrong with a
    declaration is found when it is parsed.
    """
    names = DeclaredNames()
    names.underscored.update(s for s in sizes if "_" in s)
    if "#" in text:
        text = _COMMENT.sub(lambda found: " " * len(found.group()), text)
    bare: set[str] = set()
    for keyword, rest in _DECLARATION.findall(text):
        if rest.startswith("="):
            continue
        if keyword in ("index", "sizes"):
            _scan_indices(keyword, rest, names)
            continue
        for dims in _IN_BRACKETS.findall(rest):
            names.underscored.update(_SIZE.findall(dims))
        for quoted, word, after in _ITEM.findall(
            _IN_BRACKETS.sub(lambda f: f" [{f.group().count(',') + 1}]", rest)
        ):
            name = quoted or _declared_name(keyword, word, after)
            name = spelled_out(name)
            (names.shadowed if quoted else bare).add(name)
            names.declared.add(name)
            if "_" in name and not quoted:
                names.underscored.add(name)
    _scan_functions(text, names)
    _scan_uses(text, names)
    names.tensors |= names.declared
    names.shadowed -= bare
    return names


def _scan_indices(keyword: str, rest: str, names: DeclaredNames) -> None:
    listed, _, extent = rest.partition(":")
    if keyword == "index":
        names.indices.update(spelled_out(n.strip()) for n in listed.split(",") if n.strip())
        names.underscored.update(_SIZE.findall(extent))
    else:
        names.underscored.update(_SIZE.findall(rest))


def _declared_name(keyword: str, word: str, after: str) -> str:
    """Which part of a declared word is the name, and which is its indices."""
    base, _, rest = word.partition("_")
    if not rest:
        return word
    if _RESERVED.match(word) and not after.startswith("_"):
        return word
    count = len(re.findall(LETTER, rest))
    if "_" in rest:
        return word
    dims = re.search(r"\[(\d+)\]", after)
    if dims and after.lstrip().startswith(("^", "_")):
        behind = len(_INDEX.findall(after[: dims.start()]))
        if count > 1 and behind == int(dims.group(1)):
            return word
    elif dims:
        return base if count <= 2 or int(dims.group(1)) == count else word
    return word if count > (4 if keyword == "tensor" else 2) else base


def _scan_functions(text: str, names: DeclaredNames) -> None:
    readers: dict[str, list[str]] = {}
    for defined, alias, target in _FUNCTION.findall(text):
        if defined:
            names.functions.add(spelled_out(defined))
        else:
            readers.setdefault(spelled_out(target), []).append(spelled_out(alias))
    known = BUILTIN_CALLS - names.declared
    waiting = [t for t in readers if t in known or t in names.functions]
    while waiting:
        for alias in readers.pop(waiting.pop(), ()):
            names.functions.add(alias)
            waiting.append(alias)


def _scan_uses(text: str, names: DeclaredNames) -> None:
    depth = position = 0
    underscored = re.compile(names.underscored_pattern())
    for match in _DEFINED.finditer(text):
        between = text[position : match.start()]
        depth += between.count("(") - between.count(")")
        position = match.start()
        whole = underscored.match(text, match.start(1))
        name = spelled_out(whole.group() if whole else match.group(1))
        if depth <= 0 and name not in names.functions:  # else a parameter: huber(x; delta=2)
            names.tensors.add(name)
            names.shadowed.discard(name)
    for found in re.finditer(_USE % underscored.pattern, text):
        word = found.group(2)
        if word is None:
            if found.group(1):
                names.tensors.add(spelled_out(found.group(1)))
            continue
        if found.group(3) or found.group(4):
            continue
        name = spelled_out(word)
        if name in names.functions:
            continue
        if name in BUILTIN_CALLS or name in BIG_OPERATORS:
            indexed = name in INDEXED_FUNCTIONS or name in MATRIX_FUNCTIONS
            if not found.group(5) or indexed or name in BIG_OPERATORS:
                continue
        names.tensors.add(name)
