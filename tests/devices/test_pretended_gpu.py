"""The pretended GPU refuses what a GPU refuses, and allows what it allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pretended_gpu import GPU, DevicesMixed, pretended_gpu
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


@pytest.mark.parametrize(
    "mix",
    [
        lambda gpu, cpu: gpu + cpu,
        lambda gpu, cpu: torch.cat([gpu, cpu]),
        lambda gpu, cpu: nn.Linear(3, 3).to(GPU)(cpu),
        lambda gpu, cpu: cpu[gpu.argsort()],
        lambda gpu, cpu: torch.where(cpu > 0, gpu, gpu),
        lambda gpu, cpu: gpu.addcmul_(cpu, cpu),
    ],
)
def test_two_devices_in_one_operator_are_refused(mix: Callable[..., object]) -> None:
    with pretended_gpu(), pytest.raises(DevicesMixed, match="same device"):
        mix(torch.ones(3).to(GPU), torch.ones(3))


def test_an_array_needs_the_cpu() -> None:
    with pretended_gpu():
        x = torch.ones(3, device=GPU)
        with pytest.raises(TypeError, match="no array"):
            x.numpy()
        assert x.cpu().numpy().sum() == 3


def test_what_a_gpu_allows_is_allowed() -> None:
    with pretended_gpu():
        x = torch.arange(6.0).to(GPU)
        assert x.device == GPU
        assert x.is_cuda
        assert (x * torch.tensor(2.0)).device == GPU
        assert x[torch.tensor([1, 0])].tolist() == [1, 0]
        assert x.cpu().copy_(x).device.type == "cpu"
        assert torch.zeros_like(x).device == GPU
        assert x.view(2, 3).device == GPU
        assert x.to(torch.float64).device == GPU


def test_training_and_packed_sequences_stay_on_the_gpu() -> None:
    with pretended_gpu():
        model = nn.GRU(2, 3, batch_first=True).to(GPU)
        x = torch.randn(2, 4, 2).to(GPU)
        packed = pack_padded_sequence(x, torch.tensor([4, 2]), batch_first=True)
        out, _ = pad_packed_sequence(model(packed)[0], batch_first=True)
        out.square().sum().backward()
        optimizer = torch.optim.Adam(model.parameters())
        optimizer.step()
        assert {p.device for p in model.parameters()} == {GPU}
        assert {p.grad.device for p in model.parameters()} == {GPU}


def test_values_are_those_of_the_cpu() -> None:
    x = torch.randn(3, 4)
    with pretended_gpu():
        found = (x.to(GPU) @ x.to(GPU).T).cpu()
    assert torch.equal(found, x @ x.T)
