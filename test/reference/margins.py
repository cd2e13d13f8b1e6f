"""Keeps golden values away from points where float32 may take another branch than float64.

A ReLU's input near 0, a pooling window with two nearly equal values or a gradient component near 0 may fall on either
side, depending on the order of a sum. Inputs are chosen so that none is near: `FACTOR` times PyTorch's own float32 error.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

FACTOR = 5


class TooClose(Exception):
    """A value is so near to a branch that float32 could take the other one."""


def check_sign(exact: torch.Tensor, rounded: torch.Tensor, what: str) -> None:
    """TooClose unless every value is 0 in both, or further from 0 than float32's error times FACTOR."""
    error = (exact - rounded.double()).abs().max()
    near = (exact.abs() <= FACTOR * error) & ((exact != 0) | (rounded != 0))
    if near.any():
        raise TooClose(f"{what}: {int(near.sum())} of {exact.numel()}")


def pooling_gap(x: torch.Tensor) -> torch.Tensor:
    """Difference of the two largest values of every 2 x 2 window."""
    top = F.unfold(x, 2, stride=2).reshape(len(x), x.shape[1], 4, -1).topk(2, 2).values
    return top[:, :, 0] - top[:, :, 1]


class Watched:
    """A model and its float32 copy, run together; every branch that they take is checked."""

    def __init__(self, model: nn.Module):
        self.exact = model
        self.rounded = copy.deepcopy(model).float()
        self.branches = {id(self.exact): [], id(self.rounded): []}
        for part in (self.exact, self.rounded):
            for module in part.modules():
                if isinstance(module, (nn.ReLU, nn.MaxPool2d)):
                    module.register_forward_hook(self._recorder(self.branches[id(part)]))

    @staticmethod
    def _recorder(branches: list):
        def record(module, inputs, _output):
            x = inputs[0].detach()
            branches.append(x if isinstance(module, nn.ReLU) else pooling_gap(x))

        return record

    def check(self) -> None:
        """Checks and forgets the branches taken so far; the float32 copy follows the exact model's state."""
        exact, rounded = (self.branches[id(part)] for part in (self.exact, self.rounded))
        assert len(exact) == len(rounded)
        for i, (a, b) in enumerate(zip(exact, rounded)):
            check_sign(a, b, f"branch {i}")
        exact.clear()
        rounded.clear()
        self.rounded.load_state_dict(self.exact.state_dict())
