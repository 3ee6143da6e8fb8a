"""The catalog: one record for each function, everything known of it in one place.

Adding a function means adding a record to the file of its family; its tests come from the
catalog by themselves. Importing this package registers all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tensorcalc.expr.operations import Functional, Pointwise, registered
from tensorcalc.ops import (
    across,
    activations,
    arithmetic,
    constants,
    exponential,
    matrices,
    special,
    trigonometric,
)
from tensorcalc.ops.code import numpy_code, torch_code
from tensorcalc.ops.support import SUPPORT, support_functions, support_source

__all__ = [
    "ALIASES",
    "SUPPORT",
    "catalog",
    "functionals",
    "numpy_code",
    "pointwise",
    "support_functions",
    "support_source",
    "torch_code",
]

_FAMILIES = (
    arithmetic,
    exponential,
    trigonometric,
    activations,
    special,
    across,
    matrices,
    constants,
)

#: Other spellings a person may use, each with the catalog's name.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "H": "heaviside",
        "arccos": "acos",
        "arcosh": "acosh",
        "arcsin": "asin",
        "arctan": "atan",
        "arsinh": "asinh",
        "artanh": "atanh",
        "ln": "log",
        "logsigmoid": "log_sigmoid",
        "swish": "silu",
    }
)


def catalog() -> Mapping[str, Pointwise | Functional]:
    """Every record by name, in the order of their files.

    Example:
        >>> catalog()["relu"].kinks
        "relu'(0) = 0"
    """
    return registered()


def pointwise() -> tuple[Pointwise, ...]:
    """The records of functions of components."""
    return tuple(r for r in registered().values() if isinstance(r, Pointwise))


def functionals() -> tuple[Functional, ...]:
    """The records of functions of whole tensors."""
    return tuple(r for r in registered().values() if isinstance(r, Functional))
