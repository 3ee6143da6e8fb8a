"""Text to equations: the parser of the notation, with diagnostics that teach it."""

from tensorcalc.language.codes import explain
from tensorcalc.language.diagnostics import Diagnostic, NotationError, Note
from tensorcalc.language.einsum import einsum
from tensorcalc.language.grammar import grammar_text
from tensorcalc.language.parsing import Formula, Parsed, parse, parse_expression, parse_formula

__all__ = [
    "Diagnostic",
    "Formula",
    "NotationError",
    "Note",
    "Parsed",
    "einsum",
    "explain",
    "grammar_text",
    "parse",
    "parse_expression",
    "parse_formula",
]
