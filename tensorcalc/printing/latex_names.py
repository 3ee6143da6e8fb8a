"""LaTeX: names of tensors, functions, indices and sizes, and lengths made of sizes."""

from __future__ import annotations

import re

from tensorcalc.expr import Extent, SizeName
from tensorcalc.printing.text import GREEK

__all__ = [
    "factor_length",
    "index_name",
    "joined",
    "latex_name",
    "length",
    "size_name",
    "stands_outside",
    "tensor_name",
]

_ACCENTS = {"bar": r"\bar", "dot": r"\dot", "hat": r"\hat", "tilde": r"\tilde"}
_NUMBERED = re.compile(
    r"(?P<letter>[A-Za-z]+)(?P<number>[0-9]*)(?:_(?P<word>[A-Za-z][A-Za-z0-9]+))?"
)


def latex_name(name: str) -> str:
    r"""A tensor's or function's name: one symbol, Greek, accented, or upright.

    Example:
        >>> print(latex_name("sigma"), latex_name("x_bar"), latex_name("loss"))
        \sigma \bar{x} \mathrm{loss}
    """
    stem, _, mark = name.rpartition("_")
    if stem and mark in _ACCENTS:
        accent, inner = _ACCENTS[mark], latex_name(stem)
        if mark == "bar" and inner.startswith(r"\mathrm"):
            accent = r"\overline"
        return rf"{accent}{{{inner}}}"
    symbol = name.rstrip("'")
    primes = name[len(symbol) :]
    if symbol in GREEK:
        return rf"\{symbol}{primes}"
    if len(symbol) == 1:
        return symbol + primes
    return rf"\mathrm{{{_escaped(symbol)}}}{primes}"


def tensor_name(name: str) -> str:
    r"""A tensor's name: ``W1`` with its number above, ``W_out`` with its word below, in braces.

    Example:
        >>> print(tensor_name("W1"), tensor_name("W1_bar"), tensor_name("x_hvp"))
        {W^{(1)}} {\bar{W}^{(1)}{}} {x_{\text{hvp}}}
    """
    core, accents = name, list[str]()
    while (parts := core.rpartition("_"))[2] in _ACCENTS and parts[0]:
        core = parts[0]
        accents.append(_ACCENTS[parts[2]])
    found = _NUMBERED.fullmatch(core)
    if found is None or not (found["number"] or found["word"]):
        return latex_name(name)
    symbol = latex_name(found["letter"])
    if len(found["letter"]) > 1 and found["letter"] not in GREEK:
        return latex_name(name)
    for accent in reversed(accents):
        symbol = rf"{accent}{{{symbol}}}"
    number = f"^{{({found['number']})}}" if found["number"] else ""
    word = rf"_{{\text{{{found['word']}}}}}" if found["word"] else ""
    # TeX drops braces around one accented letter, and its scripts would meet the indices.
    return f"{{{symbol}{number}{word}{'{}' if accents else ''}}}"


def stands_outside(text: str, mark: str) -> bool:
    """Whether a mark stands in a text outside braces."""
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == mark and not depth:
            return True
    return False


def index_name(name: str) -> str:
    """An index: a letter, Greek, a letter with a number below (``j1`` is ``j_{1}``), or upright."""
    found = re.fullmatch(r"([^\W\d]+)(\d*)('*)", name)
    if found is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    stem, digits, primes = found.groups()
    if stem in GREEK:
        stem = rf"\{stem}"
    elif len(stem) > 1:
        return rf"\mathrm{{{_escaped(stem + digits)}}}{primes}"
    return stem + (f"_{{{digits}}}" if digits else "") + primes


def _escaped(name: str) -> str:
    return re.sub(r"([_#$%&{} ])", r"\\\1", name)


def size_name(name: str) -> str:
    """A size: with the index it counts below, ``n_{i}``."""
    stem, _, below = name.partition("_")
    if not below or not stem:
        return latex_name(name)
    return f"{latex_name(stem)}_{{{index_name(below)}}}"


def length(extent: Extent) -> str:
    """A polynomial in sizes."""
    text = ""
    for monomial, coefficient in extent.in_reading_order:
        factors = [
            size_name(a.name)
            if isinstance(a, SizeName)
            else rf"\left\lfloor \frac{{{length(a.numerator)}}}{{{a.divisor}}} \right\rfloor"
            for a in monomial
        ]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, str(abs(coefficient)))
        text = joined(text, coefficient < 0, " ".join(factors))
    return text or "0"


def factor_length(extent: Extent) -> str:
    """An extent in a product of extents."""
    return rf"\left({length(extent)}\right)" if len(extent.terms) > 1 else length(extent)


def joined(text: str, negative: bool, part: str) -> str:
    """A term behind others, with its sign."""
    if not text:
        return f"-{part}" if negative else part
    return f"{text}{'-' if negative else '+'}{part}"
