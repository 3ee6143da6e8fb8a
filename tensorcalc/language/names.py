"""Spelling of names: Greek letters, sub- and superscript characters, built-in names."""

from __future__ import annotations

import re

from tensorcalc.expr import Functional, Pointwise
from tensorcalc.expr import operation_named as catalogued
from tensorcalc.ops import ALIASES, catalog

__all__ = [
    "BIG_OPERATORS",
    "BUILTIN_CALLS",
    "EDGE_CALLS",
    "GREEK",
    "INDEXED_FUNCTIONS",
    "LETTER",
    "MATRIX_FUNCTIONS",
    "POINTWISE_FUNCTIONS",
    "RANGED",
    "SUBSCRIPTS",
    "SUPERSCRIPTS",
    "nearest",
    "spelled_out",
]

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "ζ": "zeta", "η": "eta", "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa",
    "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi",
    "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "phi",
    "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "Α": "Alpha", "Β": "Beta", "Ε": "Epsilon",
    "Ζ": "Zeta", "Η": "Eta", "Ι": "Iota", "Κ": "Kappa", "Μ": "Mu", "Ν": "Nu", "Ρ": "Rho",
    "Τ": "Tau", "Χ": "Chi",
}  # fmt: skip

SUPERSCRIPTS = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "0123456789+-abcdefghijklmnoprstuvwxyz",
        strict=True)
)  # fmt: skip
SUBSCRIPTS = dict(
    zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", "0123456789+-aehijklmnoprstuvxβγρφχ",
        strict=True)
)  # fmt: skip

#: One letter of a name. Sub- and superscript characters and modifiers are not letters here.
LETTER = "[A-Za-zÀ-ÖØ-öø-ʯͰ-ͳͶ-ͽΆΈ-ϿµЀ-ӿ]"

BIG_OPERATORS = {"sum": "sum", "mean": "mean", "prod": "prod"}

#: Pointwise functions by their name in the notation, with the catalog's name.
POINTWISE_FUNCTIONS = {
    **{r.name: r.name for r in catalog().values() if isinstance(r, Pointwise) and r.arity},
    **{alias: name for alias, name in ALIASES.items() if isinstance(catalogued(name), Pointwise)},
    "max": "maximum",
    "min": "minimum",
}

#: Functions of matrices, with the number of indices of the result.
MATRIX_FUNCTIONS = {
    "inv": (2,), "cholesky": (2,), "det": (0,), "logdet": (0,), "tr": (0,), "transpose": (2,),
    "diag": (1, 2),
}  # fmt: skip

#: Functions written with their index.
INDEXED_FUNCTIONS = frozenset(
    r.name
    for r in catalog().values()
    if isinstance(r, Functional) and r.name not in MATRIX_FUNCTIONS and r.name != "prod"
)

#: Functions that may be written with the indices they run over.
RANGED = INDEXED_FUNCTIONS | {r.name for r in catalog().values()
                                 if isinstance(r, Functional) and r.bound == 2}  # fmt: skip

#: What an access may mean where it leaves its tensor.
EDGE_CALLS = frozenset({"zeropad", "circular", "reflect", "replicate"})

BUILTIN_CALLS = (
    frozenset(POINTWISE_FUNCTIONS)
    | frozenset(INDEXED_FUNCTIONS)
    | frozenset(MATRIX_FUNCTIONS)
    | EDGE_CALLS
    | {"size"}
)

_GREEK_CHARACTER = re.compile("[" + "".join(GREEK) + "]")


def spelled_out(name: str) -> str:
    """Return the name with Greek letters spelled out: ``σ1`` is ``sigma1``."""
    if name.isascii():
        return name
    return _GREEK_CHARACTER.sub(lambda found: GREEK[found.group()], name)


def nearest(name: str, known: list[str], cutoff: float = 0.7) -> str | None:
    """The known name that ``name`` was probably meant to be, or None."""
    from difflib import get_close_matches  # a rarely needed import, kept out of start-up

    folded = {k.lower(): k for k in reversed(known)}
    if name.lower() in folded:
        return folded[name.lower()]
    found = get_close_matches(name, known, n=1, cutoff=cutoff)
    return found[0] if found else None
