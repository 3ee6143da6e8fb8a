"""The LSTM of row F2, trained on its text: losses fall as those of torch's modules do."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from derivations.characters import (
    FEATURES,
    GATES,
    RATE,
    UNITS,
    learn,
    starting_weights,
    text,
)

torch = pytest.importorskip("torch", reason="it is what is compared with")

STEPS = 30


def torchs_losses(steps: int) -> list[float]:
    """The same weights, batches and rate, with ``torch.nn`` and ``torch.optim.SGD``."""
    learned = text()
    count = len(learned.characters)
    weights = {n: torch.as_tensor(w) for n, w in starting_weights(count).items()}
    embedding = torch.nn.Embedding(count, FEATURES).double()
    lstm = torch.nn.LSTM(FEATURES, UNITS, batch_first=True).double()
    readout = torch.nn.Linear(UNITS, count).double()
    order = [GATES[k] for k in (1, 0, 3, 2)]  # torch's: input, forget, candidate, output
    parameters: list[tuple[Any, Any]] = [
        (embedding.weight, weights["E"]),
        (readout.weight, weights["V"]),
        (readout.bias, weights["d"]),
        (lstm.weight_ih_l0, torch.cat([weights[f"U{g}"] for g in order])),
        (lstm.weight_hh_l0, torch.cat([weights[f"W{g}"] for g in order])),
        (lstm.bias_ih_l0, torch.cat([weights[f"b{g}"] for g in order])),
    ]
    with torch.no_grad():
        lstm.bias_hh_l0.zero_()  # one bias is enough: this one stays
        for parameter, value in parameters:
            parameter.copy_(value)
    optimiser = torch.optim.SGD([p for p, _ in parameters], lr=RATE)
    losses: list[float] = []
    for (given, wanted), _ in zip(learned.batches(), range(steps), strict=False):
        states, _ = lstm(embedding(torch.as_tensor(given)))
        guesses = readout(states).flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(guesses, torch.as_tensor(wanted).flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_losses_fall_as_torchs_do(backend: Literal["numpy", "torch"]) -> None:
    found = learn(STEPS, backend)
    np.testing.assert_allclose(found, torchs_losses(STEPS), rtol=0, atol=1e-9)
    assert found[-1] < found[0] - 0.3


def test_the_text_is_cut_into_pieces_and_what_follows() -> None:
    learned = text()
    assert len(learned.places) > 1500
    assert {"\n", " ", "e", "S"} <= set(learned.characters)
    given, wanted = next(learned.batches())
    assert np.array_equal(given[:, 1:], wanted[:, :-1])
