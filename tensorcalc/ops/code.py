"""The code of an operation with its arguments filled in.

Back ends print it, the oracle compiles it: one place decides how a template is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tensorcalc.expr.operations import Functional, Pointwise

__all__ = ["numpy_code", "torch_code"]

#: A name of an array, or a number.
CodeArgument = str | float | int | Fraction


def numpy_code(
    operation: Pointwise | Functional, arguments: Sequence[CodeArgument], axes: int = 0
) -> str:
    """Return the NumPy expression of ``operation``.

    Args:
        operation: A record of the catalog.
        arguments: Names of arrays, or numbers; parameters included.
        axes: For a :class:`Functional`, how many axes it takes; they are the last ones.

    Example:
        >>> from tensorcalc.ops import catalog
        >>> numpy_code(catalog()["pow"], ["x", -1]), numpy_code(catalog()["max"], ["x"], 2)
        ('x ** (-1)', 'np.max(x, axis=(-2, -1))')
    """
    return operation.numpy.format(*map(_written, arguments), axes=_last(axes))


def torch_code(
    operation: Pointwise | Functional, arguments: Sequence[CodeArgument], axes: int = 0
) -> str:
    """Return the Torch expression of ``operation``; numbers become tensors where needed.

    Example:
        >>> from tensorcalc.ops import catalog
        >>> torch_code(catalog()["maximum"], ["x", 0])
        'torch.maximum(x, x.new_tensor(0))'
        >>> torch_code(catalog()["softmax"], ["x"], 1)
        'torch.softmax(x, -1)'
    """
    if isinstance(operation, Functional):
        template = operation.torch_one if axes == 1 and operation.torch_one else operation.torch
        return template.format(*map(_written, arguments), axes=_last(axes))
    tensors = [a for a in arguments if isinstance(a, str)]
    written: list[str] = []
    for place, argument in enumerate(arguments):
        if isinstance(argument, str) or (place in operation.numbers and tensors):
            written.append(_written(argument))
        elif tensors:
            like = tensors[-1] if tensors[-1].isidentifier() else f"({tensors[-1]})"
            written.append(f"{like}.new_tensor({_number(argument)})")
        else:
            written.append(f"torch.tensor({_number(argument)}, dtype=torch.float64)")
    return operation.torch.format(*written)


def _written(argument: CodeArgument) -> str:
    if isinstance(argument, str):
        return argument
    text = _number(argument)
    return f"({text})" if text.startswith("-") else text


def _number(value: float | int | Fraction) -> str:
    if isinstance(value, Fraction):
        value = int(value) if value.denominator == 1 else value.numerator / value.denominator
    if value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return repr(value)


def _last(axes: int) -> tuple[int, ...]:
    return tuple(range(-axes, 0))
