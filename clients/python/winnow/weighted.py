"""What a training loop needs beside the sampler to respect weights."""

from __future__ import annotations

from typing import Any, Sized

from winnow.distributed import process_group

# A batch whose weights are all 0 gives a loss of 0, not 0/0.
_LEAST_WEIGHT_SUM = 1e-12


class Indexed:
    """A data set that gives each example with its index: ``(index, example)``, so that a loop can tell its weight."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __getitem__(self, index: int) -> tuple[int, Any]:
        return index, self.dataset[index]

    def __len__(self) -> int:
        dataset: Sized = self.dataset
        return len(dataset)


def weighted_mean(losses: Any, weights: Any) -> Any:
    """sum(w l) / sum(w) of a mini-batch, as the index sets' weights mean it; tensors of shape [n].

    Where torch.distributed is initialised, the mini-batch is that of all ranks together: the sum of weights goes over
    all of them, scaled so that DistributedDataParallel's average of the ranks' gradients is the gradient of this loss.
    Every rank has to call it then.
    """
    total = weights.sum()
    group = process_group()
    if group is not None and group.get_world_size() > 1:
        total = total.clone()
        group.all_reduce(total)
        total = total / group.get_world_size()
    return (losses * weights).sum() / total.clamp(min=_LEAST_WEIGHT_SUM)
