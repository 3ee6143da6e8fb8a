"""tensorcalc: derivatives in index notation, with their derivation, code and certificate.

>>> import tensorcalc as tc
>>> net = tc.parse("x^p = B^p_i tanh(A^i_j y^j + b^i)")
>>> print(net.jacobian("x", "y").formulas)
z^i = A^i_j y^j + b^i
dx_dy^p_j = B^p_i (1 - tanh(z^i)**2) A^i_j
"""

from tensorcalc.errors import (
    KernelInputError,
    NotCompilableError,
    NotDifferentiableError,
    ShapeError,
    TensorcalcError,
    UnknownNameError,
    VerificationError,
)
from tensorcalc.program import Program, compare, load, parse

__all__ = [
    "KernelInputError",
    "NotCompilableError",
    "NotDifferentiableError",
    "Program",
    "ShapeError",
    "TensorcalcError",
    "UnknownNameError",
    "VerificationError",
    "compare",
    "load",
    "parse",
]
__version__ = "0.1.0"
