"""Every code a diagnostic or a note can carry, with what it means and an example.

``tensorcalc explain CODE`` and the documentation's page of codes are made from this table;
the examples are tested: each wrong one gives its code, each right one parses.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorcalc.errors import UnknownNameError

__all__ = ["CODES", "Code", "explain"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem: ``wrong`` gives it, ``right`` is what to write."""

    code: str
    title: str
    explanation: str
    wrong: str
    right: str


_ALL = (
    # Syntax
    Code("E101", "a part does not fit where it stands",
         "The statement is no definition, expression or declaration: something is missing, or "
         "something stands where it cannot. The caret shows the first place that does not fit.",
         "y_i = x_i +", "y_i = x_i + 1"),
    Code("E102", "an index appears once",
         "On the right side of a definition every index is free (it is on the left) or summed (it "
         "appears twice or more in its term). One that appears once is neither. Most often "
         "it is misspelt; to sum it, write sum_k.",
         "y^i = W^i_j x^k", "y^i = W^i_j x^j"),
    Code("E103", "a character that is no part of the notation",
         "Names are letters and digits; a name in back-ticks may be anything.",
         "y_i = A_ij @ x_j", "y_i = A_ij x_j"),
    Code("E104", "a bracket is never closed",
         "A statement continues over line ends inside brackets, so an open bracket swallows what "
         "follows.",
         "y = (a + b", "y = (a + b)"),
    Code("E105", "a bracket closes nothing", "There is no open bracket of this kind before it.",
         "y = a + b)", "y = (a + b)"),
    Code("E106", "there is nothing to read",
         "The text holds no statement that defines or computes anything.",
         "# only a comment", "y = x  # a statement"),
    Code("E107", "an operator lacks its index",
         "sum, mean, prod, softmax, max and their like run over an index, which is written at "
         "their name.",
         "s^i = softmax(z^i)", "s^i = softmax_i(z^i)"),
    Code("E108", "a division can be read in two ways",
         "Only a number over a number, a size or a scalar is a coefficient of what follows "
         "without a sign, as in 1/2 x. Anything else needs a bracket or a *.",
         "y = a / b c", "y = a / (b c)"),
    Code("E109", "an operator as a divisor needs brackets",
         "A big operator reaches to the end of its term, so as a divisor with a further "
         "factor behind it, it is not clear what it sums.",
         "y = a / sum_j b_j * c", "y = a / (sum_j b_j) * c"),
    Code("E110", "a bound on depth is hit",
         "Brackets, powers and indices may be nested or listed only so deep.",
         "y = " + "(" * 401 + "x" + ")" * 401, "y = (((x)))"),
    Code("E111", "the text is too long", "Longer texts are refused before they are read.",
         "", "y = x"),
    Code("E112", "a number is too large",
         "Digits, exponents and powers of numbers are bounded before they are evaluated.",
         "y = 9**9**9**9", "y = 9**9"),
    Code("E113", "two numbers side by side",
         "A product without a sign needs a name on one side at least.", "y = 2 3", "y = 2*3"),
    Code("E114", "an index is malformed",
         "An index is a name, an integer combination of names, sizes and integers, or a "
         "number looked up in an integer tensor.",
         "y_i = x_{i*j}", "y_i = x_{2*i}"),
    Code("E115", "the left side is no tensor with plain indices",
         "A definition gives a value to every component of one tensor.",
         "2 y_i = x_i", "y_i = x_i / 2"),
    Code("E116", "a declaration is malformed",
         "Extents are numbers, names of sizes or sums of these; settings have fixed values.",
         "variance loose; y = x", "variance strict; y = x"),
    Code("E117", "division by zero", "A number is divided by the number 0.", "y = x/0", "y = x/2"),
    Code("E118", "a comparison outside square brackets",
         "A condition is written in square brackets and is 1 where it holds, else 0.",
         "y = (a < b)", "y = [a < b]"),
    Code("E119", "square brackets without a condition",
         "Square brackets hold a comparison; round ones group.",
         "y = [a + b] c", "y = (a + b) c"),
    Code("E120", "a matrix to the power -1, with its indices behind",
         "On paper X^{-1}_ij is a component of the inverse; a power in this notation is one of "
         "components. So it has to be said which is meant.",
         "y_i = X^{-1}_ij x_j", "y_i = inv(X)_ij x_j"),
    # Indices
    Code("E201", "an index repeats across a division or in an exponent",
         "It is not clear whether such an index is summed, so it has to be free on the left or "
         "be summed explicitly.",
         "y = a_i / b_i", "y = sum_i a_i / b_i"),
    Code("E202", "an index appears three times without a left side",
         "In an expression on its own an index that appears once is free and twice is summed.",
         "a_i b_i c_i", "y = a_i b_i c_i"),
    Code("E203", "an index is free in one place and summed in another",
         "An expression on its own cannot tell which; a left side can.",
         "a_i b_i + c_i", "y_i = a_i b_i + c_i"),
    Code("E204", "an index repeats under a power",
         "The square of a sum and the sum of squares are different things.",
         "y = X_ii**2", "y = (X_ii)**2"),
    Code("E205", "an index stands twice where it can stand once",
         "The indices of a left side and of an operator are different from one another.",
         "D_ii = x_i", "D_ij = x_i delta_ij"),
    Code("E206", "an index is free on the left and bound on the right",
         "An operator's index exists inside it only.", "y_i = sum_i x_i", "y_i = sum_j A_ij x_j"),
    Code("E207", "an operator's index does not occur inside it",
         "softmax_i, max_i and their like need the index in their argument.",
         "y = max_i(x_j z_j)", "y = max_i(x_i)"),
    Code("E208", "a tensor with the wrong number of indices",
         "The first appearance of a tensor, or its declaration, fixes how many indices it has.",
         "y_i = A_ij x_j; z = A_i b_i", "y_i = A_ij x_j; z = A_ij b_i b_j"),
    Code("E209", "a tensor in both orders in one term",
         "With one upper and one lower index, X_i^j is read by position, as X^j_i. Beside X^i_j in "
         "one term it might as well be meant as the transpose.",
         "y = X^i_j X_i^j", "y = X^i_j X^j_i"),
    Code("E210", "a sum over two slots on the same level",
         "With variance strict, an implied sum joins one upper and one lower slot.",
         "variance strict; y = a_i b_i", "variance strict; y = a^i b_i"),
    Code("E211", "a free index on two levels",
         "With variance strict, a free index keeps its level in every term and on both sides.",
         "variance strict; y^i = x_i", "variance strict; y^i = x^i"),
    Code("E212", "a label that is no component's number",
         "An index is looked up in an input of integers, or in a definition by argmax or argmin.",
         "c_n = a_n; y_n = p_{n, c_n}", "y_n = p_{n, c_n}"),
    Code("E213", "an argument does not have the indices its function needs",
         "A pointwise function is applied to components, a vector function and a function of "
         "matrices to a bare name or to an expression with open indices.",
         "y = sigma(z); z_i = x_i", "y_i = sigma(z_i); z_i = x_i"),
    # Names
    Code("E301", "a name is defined twice", "A name has one definition.",
         "y = a; y = b", "y = a + b"),
    Code("E302", "a name means two things",
         "Tensors, sizes and functions share one name space (indices have their own).",
         "tensor A_i [N]; y_i = A_i; N = 3", "tensor A_i [N]; y_i = A_i; M = 3"),
    Code("E303", "a name is not known", "The name is neither defined nor read anywhere else.",
         "y = d(x**2)/d(z)", "y = d(x**2)/d(x)"),
    Code("E304", "a function's arguments do not fit",
         "Each function has a number of arguments, and parameters with names behind a semicolon.",
         "y = exp(a, b)", "y = exp(a + b)"),
    Code("E305", "definitions in a circle",
         "A definition reads others, never itself, except for a recurrence, which reads an "
         "earlier component (or, running backward, a later one: zeropad(s_{t+1})).",
         "a = b; b = a", "a = b; b = c"),
    Code("E306", "a derivative of a function is written the wrong way",
         "Primes belong to pointwise functions of one argument, ∇ to vector functions. df/dx, "
         "where f and x are tensors and df and dx are not, and e^{x_i} are asked about.",
         "y = f'(a, b)", "y = f'(a)"),
    Code("E307", "a derivative by something that is no variable",
         "A derivative is taken by a tensor with its indices.",
         "y = d(x**2)/d(2 x)", "y = d(x**2)/d(x)"),
    Code("E308", "a function's body has indices",
         "A function one defines is applied to components, so its body has no indices.",
         "def f(v) = v a_i a_i; y = f(x)", "def f(v) = v**2; y = f(x)"),
    Code("E309", "a recurrence without a start",
         "The first steps read components before the range; each needs a definition.",
         "s_t = a s_{t-1} + x_t", "s_t = a s_{t-1} + x_t; s_{-1} = h"),
    Code("E310", "an output that is not defined",
         "A line of outputs names definitions of the program, in the order wanted.",
         "y = a x; output y, z", "y = a x; z = y; output z, y"),
    # Extents
    Code("E401", "two extents for one thing",
         "One index in one statement, a tensor's slots and summed pairs have one extent.",
         "tensor A_ij [3, 4], x_i [5]; y_i = A_ij x_j",
         "tensor A_ij [3, 4], x_j [4]; y_i = A_ij x_j"),
    Code("E402", "an extent is not known or not positive",
         "Every index takes its extent from an input, a declaration or an access it bounds.",
         "y_ij = x_i", "sizes j=3; y_ij = x_i"),
    Code("E403", "of two ranges it is not known which is smaller",
         "The range of an index that only accesses bound is the largest for which all are inside.",
         "y_i = a_{i+1} + b_{i+2}", "sizes i=4; tensor a_i [5], b_i [6]; y_i = a_{i+1} + b_{i+2}"),
    Code("E404", "a component outside its tensor", "Components are counted from 0.",
         "tensor x_i [3]; y = x_{3}", "tensor x_i [3]; y = x_{2}"),
    Code("E405", "an access can leave its tensor",
         "Every range starts at 0. What holds beyond the edge has to be said.",
         "x^i = z^{i-j} w_j; y_i = x^i z^i", "x^i = z^{i+j} w_j"),
    # Matrix notation
    Code("E601", "the ranks do not fit together",
         "A vector is a column and its transpose a row; * is the matrix product, .* componentwise.",
         "syntax matrix; y = x*h", "syntax matrix; y = x'*h"),
    Code("E602", "no function of matrix notation", "The name before the bracket is not known.",
         "syntax matrix; y = foo(x)", "syntax matrix; y = exp(x)"),
    # Notes
    Code("N501", "a sum over two slots on the same level",
         "In euclidean mode the metric is 1, so this is allowed.", "y = a_i b_i", "y = a^i b_i"),
    Code("N502", "a name before a bracket is a factor",
         "A name directly before a bracket is a call, unless it is a tensor elsewhere.",
         "y = a(b + c) + a", "y = a (b + c) + a"),
    Code("N503", "a free index on two levels",
         "In euclidean mode this is allowed.", "y^i = x_i", "y^i = x^i"),
    Code("N504", "an index and a tensor of one name",
         "Inside a condition the index wins.", "y_i = i x_i [i == 0]", "y_i = x_i [i == 0]"),
    Code("N505", "ranks taken from the letters",
         "In matrix notation a to g are scalars, h to z vectors and capitals matrices, and lambda, "
         "sigma, tau, rho and kappa scalars too, unless "
         "scalar, vector, matrix or ranks= says otherwise. A letter for a scalar that is "
         "transposed, or added to a vector or matrix, is taken as one.",
         "syntax matrix; y = A*x", "syntax matrix; vector x; matrix A; y = A*x"),
    Code("N506", "a derivative that is zero",
         "The variable takes no part in what is differentiated.",
         "y = d(a)/d(x) + x", "y = d(a x)/d(x)"),
    Code("N508", "an unknown function whose name is nearly a known one's",
         "A name before a bracket that nothing defines is an abstract function.",
         "y_i = tahn(x_i)", "y_i = tanh(x_i)"),
    Code("N509", "a bracket on the left",
         "f(x) = … defines f; what it depends on is seen on the right.",
         "syntax matrix\nf(x) = x'*A*x", "syntax matrix\nf = x'*A*x"),
    Code("N510", "a scalar of the name of an index",
         "Tensors and indices have names of their own, so i in i x_i is a scalar that is given. "
         "The number of an index stands in conditions and in index groups only.",
         "y_i = i x_i", "y_i = a x_i"),
    Code("N507", "a count read as an extent",
         "In LaTeX n_k that makes no sense as a tensor is the extent of index k.",
         r"m = \frac{1}{n_{k}} \sum_{k} x_{k}", "m = 1/size(k) sum_k x_k"),
)  # fmt: skip

#: Every code with its meaning.
CODES = {entry.code: entry for entry in _ALL}


def explain(code: str) -> str:
    """Return what a code means, with an example of wrong and right.

    Example:
        >>> print(explain("E117"))
        E117: division by zero
        <BLANKLINE>
        A number is divided by the number 0.
        <BLANKLINE>
        wrong:  y = x/0
        right:  y = x/2
    """
    entry = CODES.get(code.upper())
    if entry is None:
        raise UnknownNameError(f"no code {code}; they run from {_ALL[0].code} to {_ALL[-1].code}")
    kind = "noted" if entry.code.startswith("N") else "wrong"
    lines = [f"{entry.code}: {entry.title}", "", entry.explanation, ""]
    if entry.wrong:
        wrong = entry.wrong if len(entry.wrong) < 200 else entry.wrong[:40] + "…"
        lines.append(f"{kind}:  " + wrong.replace("; ", "\n        "))
    label = "rather" if kind == "noted" else "right"
    lines.append(f"{label}:  ".ljust(8) + entry.right.replace("; ", "\n        "))
    return "\n".join(lines)
