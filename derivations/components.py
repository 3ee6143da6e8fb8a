"""Row E1: the loss of principal components against the eigenvectors of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from derivations.rows import FOLDER
from tensorcalc.program import load

__all__ = ["Components", "component_files", "components"]

Array = npt.NDArray[np.float64]

SAMPLES, FEATURES, KEPT = 60, 5, 2
STEPS = 3000


@dataclass(frozen=True)
class Components:
    """What the compiled loss and gradient say of some data.

    Attributes:
        known: The loss that theory gives for the leading eigenvectors: the sum of the
            others' eigenvalues.
        leading: The loss there.
        steepest: The largest entry of the gradient at any choice of eigenvectors, relative
            to the largest eigenvalue.
        others: The losses at every other choice.
        descended: The loss where gradient descent from random matrices ends.
        angle: The sine of the angle between the plane it ends in and the leading one.
    """

    known: float
    leading: float
    steepest: float
    others: tuple[float, ...]
    descended: float
    angle: float


def components() -> Components:
    """Compile row E1 and try it on random data of known eigenvectors."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(SAMPLES, FEATURES)) * [5, 4, 1.2, 1, 0.8]
    data = data @ np.linalg.qr(rng.normal(size=(FEATURES, FEATURES)))[0]
    squares, vectors = np.linalg.eigh(data.T @ data)
    program = load(FOLDER / "E1" / "loss.tc")
    loss = program.compile("numpy")
    gradient = program.grad("L", ["U", "V"]).compile("numpy")

    def at(u: Array, v: Array) -> float:
        return float(loss(U=u, V=v, x=data))

    choices = [(a, b) for b in range(FEATURES) for a in range(b)]
    losses = {pair: at(vectors[:, pair], vectors[:, pair].T) for pair in choices}
    slopes = [
        gradient(U=vectors[:, pair], V=vectors[:, pair].T, x=data).values() for pair in choices
    ]
    best = (FEATURES - 2, FEATURES - 1)
    u, v = rng.normal(size=(FEATURES, KEPT)) / 3, rng.normal(size=(KEPT, FEATURES)) / 3
    for _ in range(STEPS):
        made = gradient(U=u, V=v, x=data)
        u, v = u - made["dL_dU"] / (4 * squares[-1]), v - made["dL_dV"] / (4 * squares[-1])
    plane = np.linalg.qr(u)[0]
    inside = np.linalg.svd(plane.T @ vectors[:, best], compute_uv=False)
    return Components(
        known=float(squares[:-KEPT].sum()),
        leading=losses.pop(best),
        steepest=max(float(np.abs(s).max()) for slope in slopes for s in slope) / squares[-1],
        others=tuple(losses.values()),
        descended=at(u, v),
        angle=float(np.sqrt(max(0.0, 1 - inside[-1] ** 2))),
    )


def component_files() -> dict[str, str | bytes]:
    """The report of row E1."""
    found = components()
    stationary = "yes" if found.steepest < 1e-12 else "NO"
    same_plane = "yes" if found.angle < 1e-4 else "NO"
    lines = [
        f"{SAMPLES} samples of {FEATURES} features, {KEPT} components",
        f"the sum of the eigenvalues that are left out: {found.known:.4f}",
        f"loss at the leading eigenvectors: {found.leading:.4f}",
        f"lowest loss at any other two eigenvectors: {min(found.others):.4f}",
        f"no slope at any two eigenvectors: {stationary}",
        f"loss after {STEPS} steps of gradient descent from random matrices: {found.descended:.4f}",
        f"the plane found is that of the leading eigenvectors: {same_plane}",
    ]
    return {"optimum.txt": "\n".join(lines) + "\n"}
