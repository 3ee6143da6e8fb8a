"""LeNet-5 learns by derived kernels exactly as by Torch's layers and autograd."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="what the losses are held against")
pytest.importorskip("sklearn", reason="ships the digits")

from derivations.lenet import PARAMETERS, batches, network, train_by_torch, train_derived


def test_every_loss_is_torchs() -> None:
    data = list(batches(15))
    wanted = train_by_torch(data)
    assert wanted.losses[-1] < wanted.losses[0] - 0.02
    for backend in ("numpy", "torch"):
        run = train_derived(data, backend)  # type: ignore[arg-type]
        np.testing.assert_allclose(run.losses, wanted.losses, rtol=0, atol=1e-6)
        for name in PARAMETERS:
            np.testing.assert_allclose(
                run.parameters[name], wanted.parameters[name], rtol=0, atol=1e-9
            )


def test_the_torch_kernel_calls_native_convolutions_and_pooling() -> None:
    source = network().grad("L", list(PARAMETERS)).compile("torch", sizes={"N": 32}).source
    for function in ("conv2d(", "avg_pool2d(", "max_pool2d(", "conv2d_input(", "conv2d_weight("):
        assert function in source
