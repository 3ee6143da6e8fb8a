"""Functions as expressions: pointwise ones, powers, comparisons, functions over whole axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tensorcalc.arrays.nodes import Array, Compare, Map, Scalar, Whole
from tensorcalc.codegen.code import ATOM, COMPARISON, PRODUCT, SUM, UNARY, Code, Kind
from tensorcalc.codegen.elementwise import Part, common_order, wished_order
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import Extent
from tensorcalc.ops.code import CodeArgument

__all__ = ["compare", "pointwise", "whole"]


def pointwise(emitter: Emitter, node: Map) -> Code:
    """A catalog operation."""
    record = node.operation
    codes = [(emitter.real(emitter.code[o]), own) for o, own in _operands(node)]
    if all(c.kind == "python" for c, _ in codes):
        return _python(emitter, node, [c for c, _ in codes])
    order = common_order(codes, wished_order(emitter, node, range(len(node.shape))))
    if record.name == "pow":
        special = _power(emitter, node, order)
        if special is not None:
            return special
    if record.name == "where":
        return _where(emitter, node, order)
    template = record.numpy if emitter.dialect.name == "numpy" else record.torch
    texts: list[CodeArgument] = []
    for place, (operand, own) in enumerate(_operands(node)):
        if isinstance(operand, Scalar) and not isinstance(operand.value, Extent):
            texts.append(operand.value)
            continue
        code = emitter.real(emitter.code[operand])
        if code.kind == "python":
            number = emitter.names.temporary()
            numpy = emitter.dialect.name == "numpy"
            text = code.text if numpy else emitter.dialect.constant("()", code.text)
            emitter.line(f"{number} = {text}")
            texts.append(number)
            continue
        if template.count(f"{{{place}}}") > 1 and not code.text.isidentifier():
            if emitter.code[operand].kind == "real":
                code = emitter.variable(operand)
            else:
                code = emitter.assign(operand, code, emitter.names.temporary())
        texts.append(_argument(emitter.aligned(code, own, order), template, place))
    text = emitter.dialect.operation(record, texts)
    condition = _INDICATOR.fullmatch(text)
    if condition is not None:
        inside = condition.group(1) or condition.group(2)
        return Code(inside, COMPARISON, tuple(order), "boolean")
    for helper in record.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    level = ATOM if _is_call(text) else SUM
    operand = node.operands[0]
    if order and len(node.operands) == 1 and emitter.is_last_use(operand):
        name = emitter.code[operand].text
        plain = _UNARY_CALL.fullmatch(text)
        if name.isidentifier() and plain is not None and plain.group(2) == name:
            in_place = emitter.dialect.in_place(plain.group(1), name)
            if in_place is not None:
                return Code(in_place, ATOM, tuple(order))
    return Code(text, level, tuple(order))


#: Code of an operation that is a condition as a number: the condition itself.
_INDICATOR = re.compile(
    r"_indicator\(([^,]+), [\w., ]+\)|\(([\w.]+ [<>=!]+ [\w.]+)\)\.to\((?:[^()]|\([^()]*\))+\)"
)
_UNARY_CALL = re.compile(r"(np\.\w+|torch\.\w+)\((\w+)\)")


def _where(emitter: Emitter, node: Map, order: Sequence[int]) -> Code:
    """A choice. Branches that are numbers stay numbers: they take the type of the other branch."""
    condition, *branches = _operands(node)
    chosen = emitter.aligned(emitter.code[condition[0]], condition[1], order)
    test = chosen.text if chosen.kind == "boolean" else f"{chosen.at_most(SUM)} != 0"
    if chosen.kind == "python" and emitter.dialect.name == "torch":
        test = f"torch.tensor({test}, device=device)"
    codes = [emitter.aligned(emitter.real(emitter.code[o]), own, order) for o, own in branches]
    first, second = (code.text for code in codes)
    if all(code.kind == "python" for code in codes):
        first = emitter.dialect.constant("()", first)  # two numbers would have a type of their own
    return Code(emitter.dialect.where(test, first, second), ATOM, tuple(order))


def _operands(node: Map) -> list[tuple[Array, Sequence[int]]]:
    return list(zip(node.operands, node.labels, strict=True))


def _argument(code: Code, template: str, place: int) -> str:
    """Bare inside a call's brackets, else in brackets of its own."""
    mark = f"{{{place}}}"
    position = template.find(mark)
    before = template[:position].rstrip()
    after = template[position + len(mark) :].lstrip()
    if before.endswith(("(", ",")) and after.startswith((")", ",")):
        return code.text
    return code.at_most(ATOM)


def _is_call(text: str) -> bool:
    """Whether ``text`` is one call, so that nothing outside its brackets can bind apart."""
    opening = text.find("(")
    if not text.endswith(")") or not text[:opening].replace(".", "").replace("_", "").isalnum():
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character == ")" and place < len(text) - 1:
            return False
    return True


def _power(emitter: Emitter, node: Map, order: Sequence[int]) -> Code | None:
    """Powers that have a faster or plainer form."""
    base, exponent = node.operands
    if not isinstance(exponent, Scalar) or isinstance(exponent.value, Extent):
        return None
    by = exponent.value
    code = emitter.real(emitter.code[base])
    if by == -1:
        inverse = emitter.aligned(code, node.labels[0], order)
        return Code(f"1 / {inverse.at_most(UNARY)}", PRODUCT, tuple(order))
    if by in (Fraction(1, 2), Fraction(-1, 2)):
        inside = emitter.aligned(code, node.labels[0], order)
        root = "np.sqrt" if emitter.dialect.name == "numpy" else "torch.sqrt"
        if by > 0:
            return Code(f"{root}({inside.text})", ATOM, tuple(order))
        return Code(f"1 / {root}({inside.text})", PRODUCT, tuple(order))
    if by in (Fraction(3, 2), Fraction(-3, 2)):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        aligned = emitter.aligned(named, node.labels[0], order)
        root = "np.sqrt" if emitter.dialect.name == "numpy" else "torch.sqrt"
        times = f"{aligned.at_most(ATOM)} * {root}({aligned.text})"
        return Code(times if by > 0 else f"1 / ({times})", PRODUCT, tuple(order))
    if by in (2, 3) and isinstance(by, Fraction):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        if not named.text.isidentifier():
            named = emitter.assign(base, named, emitter.names.temporary())
        aligned = emitter.aligned(named, node.labels[0], order)
        return Code(" * ".join([aligned.at_most(ATOM)] * int(by)), PRODUCT, tuple(order))
    if by in (-2, -3) and isinstance(by, Fraction):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        if not named.text.isidentifier():
            named = emitter.assign(base, named, emitter.names.temporary())
        aligned = emitter.aligned(named, node.labels[0], order)
        times = " * ".join([aligned.at_most(ATOM)] * -int(by))
        return Code(f"1 / ({times})", PRODUCT, tuple(order))
    return None


def _python(emitter: Emitter, node: Map, codes: Sequence[Code]) -> Code:
    """An operation of Python numbers only, such as ``1 / n``."""
    if node.operation.name == "pow":
        base, exponent = codes
        if exponent.text == "-1":
            return Code(f"1 / {base.at_most(ATOM)}", PRODUCT, (), "python")
        power = f"float({base.text}) ** {exponent.at_most(ATOM)}"
        return Code(power, PRODUCT, (), "python")
    if node.operation.name == "sqrt" and _is_size(node.operands[0]):
        return Code(f"{codes[0].at_most(ATOM)} ** 0.5", PRODUCT, (), "python")
    for helper in node.operation.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    text = emitter.dialect.python_value(node.operation, [c.text for c in codes])
    return Code(text, ATOM, (), "python")


def _is_size(node: Array) -> bool:
    """Whether a node is the length of an axis, which is never negative."""
    return isinstance(node, Scalar) and isinstance(node.value, Extent)


def compare(emitter: Emitter, node: Compare) -> Code:
    """A comparison: booleans, which count as 1 and 0."""
    parts: list[Part] = [
        (emitter.code[node.left], node.labels[0]),
        (emitter.code[node.right], node.labels[1]),
    ]
    order: list[int] = []
    for code, own in parts:
        order.extend(k for k in code.labels(own) if k not in order)
    left, right = (emitter.aligned(code, own, order) for code, own in parts)
    text = f"{left.at_most(SUM)} {node.relation} {right.at_most(SUM)}"
    if not order:
        return Code(f"float({text})", ATOM, (), "python")
    return Code(text, COMPARISON, tuple(order), "boolean")


def whole(emitter: Emitter, node: Whole) -> Code:
    """A function over trailing axes. Its operands are variables: the code may repeat them."""
    batch = list(range(len(node.batch)))
    arguments: list[str] = []
    for operand, own, bound in zip(node.operands, node.labels, node.bound, strict=True):
        trailing = [len(batch) + n for n in range(len(bound))]
        code = emitter.real(emitter.code[operand])
        missing = [k for k in trailing if k not in own]
        present = [k for k in batch if k in own]
        if code.kind == "python" or missing:
            sizes = [node.batch[k] for k in present] + list(bound)
            shape = emitter.sizes.shape(sizes)
            if code.kind == "python":
                text = emitter.dialect.constant(shape, code.text)
            else:
                inner = emitter.aligned(code, own, [*present, *trailing])
                text = emitter.dialect.broadcast(inner.at_most(ATOM), shape)
        else:
            text = emitter.aligned(code, own, [*present, *trailing]).text
        if any(k in own for k in batch) and len(present) < len(batch):
            inside = ", ".join(":" if k in present else "None" for k in batch)
            text = f"{text if text.isidentifier() else f'({text})'}[{inside}]"
        if not text.isidentifier():
            name = emitter.names.temporary()
            emitter.line(f"{name} = {text}")
            text = name
        arguments.append(text)
    for helper in node.operation.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    text = emitter.dialect.operation(node.operation, arguments, len(node.bound[0]))
    kind: Kind = "integer" if node.operation.name in ("argmax", "argmin") else "real"
    return Code(text, ATOM if _is_call(text) else SUM, tuple(range(len(node.shape))), kind)
