"""tensorcalc: derivatives in index notation, with their derivation, code and certificate.

>>> import tensorcalc as tc
>>> net = tc.parse("x^p = B^p_i tanh(A^i_j y^j + b^i)")
>>> print(net.jacobian("x", "y").formulas)
z^i = A^i_j y^j + b^i
dx_dy^p_j = B^p_i (1 - tanh(z^i)**2) A^i_j
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tensorcalc.errors import (
    KernelInputError,
    NotCompilableError,
    NotDifferentiableError,
    ShapeError,
    TensorcalcError,
    UnknownNameError,
    VerificationError,
)
from tensorcalc.program import Program, compare, einsum, load, parse, program

if TYPE_CHECKING:
    from tensorcalc.language.diagnostics import NotationError
    from tensorcalc.language.python import define, delta, function, indices, tensors

__all__ = [
    "KernelInputError",
    "NotCompilableError",
    "NotDifferentiableError",
    "NotationError",
    "Program",
    "ShapeError",
    "TensorcalcError",
    "UnknownNameError",
    "VerificationError",
    "compare",
    "define",
    "delta",
    "einsum",
    "function",
    "indices",
    "load",
    "parse",
    "program",
    "tensors",
]
__version__ = "0.1.0"

#: Names of the parser, which is imported when one of them is first used.
_LATER = {
    "NotationError": "tensorcalc.language.diagnostics",
    **dict.fromkeys(
        ("define", "delta", "function", "indices", "tensors"), "tensorcalc.language.python"
    ),
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
