"""The sampler that follows a run's index sets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Generic, Iterator, Mapping, Optional, Sized, TypeVar, Union

import grpc
import numpy as np
import numpy.typing as npt

from winnow.distributed import from_rank_0, process_group
from winnow.error import WinnowError
from winnow.index_set import IndexSet
from winnow.order import epoch_order
from winnow.schedule import Schedule
from winnow.shard import even_order, share
from winnow.source import IndexSetSource

_T = TypeVar("_T", covariant=True)

if TYPE_CHECKING:

    class Sampler(Generic[_T]): ...

else:
    try:
        from torch.utils.data import Sampler
    except ImportError:

        class Sampler(Generic[_T]):
            """What the sampler is without torch: anything that iterates over indices can use it."""


_STATE_VERSION = 1


class IndexSetSampler(Sampler[int]):
    """Indices of the examples that a run's index sets keep, epoch by epoch.

        sampler = winnow.IndexSetSampler(dataset, client.follow("my-run"), seed=7, every_epochs=10)
        loader = DataLoader(winnow.Indexed(dataset), batch_size=128, sampler=sampler)
        for epoch in range(sampler.epoch, epochs):
            sampler.set_epoch(epoch)
            for index, (x, y) in loader:
                loss = winnow.weighted_mean(losses_of(x, y), sampler.weights_of(index))

    **Order**: one permutation of all examples from ``seed`` and the epoch, filtered by the set (``epoch_order``).

    **Which set**: ``set_epoch`` decides, by ``every_epochs``, ``warm_start_epochs`` and ``max_staleness_epochs``
    (see Schedule); it may wait, at most ``timeout`` seconds, and raises a WinnowError where the selection failed.

    **Ranks**: each gets every ``num_replicas``-th example, all equally many: some twice, or with ``drop_last`` some
    not at all, as DistributedSampler does. Where torch.distributed is initialised, rank 0 alone follows the run and
    hands its set to the others, so that all train on the same one: ``set_epoch`` is a collective call then. Without
    it, only what settles the round is allowed: ``set_epoch(epoch, round)``, or ``every_epochs`` without staleness.

    **Resume**: ``state_dict`` holds epoch, position and the set in use, ``load_state_dict`` goes on at exactly the next
    example, whatever has been published since, and with another number of ranks as well.

    A set that is of another data set is refused: of another size, or with another fingerprint than ``fingerprint``, or
    than the set before it.
    """

    def __init__(
        self,
        dataset: Union[Sized, int],
        source: IndexSetSource,
        *,
        seed: int = 0,
        every_epochs: Optional[int] = None,
        warm_start_epochs: int = 0,
        max_staleness_epochs: int = 0,
        timeout: Optional[float] = None,
        rank: Optional[int] = None,
        num_replicas: Optional[int] = None,
        drop_last: bool = False,
        fingerprint: Optional[str] = None,
    ) -> None:
        self._examples = dataset if isinstance(dataset, int) else len(dataset)
        self._source = source
        self._seed = seed
        self._schedule = Schedule(every_epochs, warm_start_epochs, max_staleness_epochs)
        self._timeout = timeout
        self.rank, self.num_replicas = _place(rank, num_replicas)
        self._drop_last = drop_last
        self._fingerprint = fingerprint
        self._epoch = 0
        self._set: Optional[IndexSet] = None
        self._weights: Optional[npt.NDArray[np.float32]] = None
        self._order: Optional[npt.NDArray[np.int64]] = None
        self._done = 0
        self._start = 0
        self._resume_at: Optional[int] = None

    @property
    def epoch(self) -> int:
        """The epoch in use, from 0."""
        return self._epoch

    @property
    def index_set(self) -> Optional[IndexSet]:
        """The set in use; None where the epoch is on all data."""
        return self._set

    def set_epoch(self, epoch: int, round: Optional[int] = None) -> None:
        """Goes to an epoch and decides which set it trains on: that of ``round``, or by the schedule.

        Right after ``load_state_dict``, the epoch that was loaded goes on where it was.
        """
        if self._resume_at is not None and epoch == self._epoch:
            return
        self._use(self._agree(epoch, round), epoch)

    def __iter__(self) -> Iterator[int]:
        if self._order is None:
            self.set_epoch(self._epoch)
        assert self._order is not None
        start, self._resume_at = self._resume_at or 0, None
        for place, index in enumerate(share(self._order, self.rank, self.num_replicas, start), 1):
            self._done = start + place * self.num_replicas
            yield int(index)

    def __len__(self) -> int:
        """Examples that the next iteration gives this rank."""
        if self._order is None:
            self.set_epoch(self._epoch)
        assert self._order is not None
        return len(share(self._order, self.rank, self.num_replicas, self._resume_at or 0))

    def weights_of(self, indices: Any) -> Any:
        """Weight of each example: a float32 tensor like the tensor that is given, or else a numpy array.

        1 where every example counts the same. ValueError for an example that the set does not keep.
        """
        positions = np.asarray(indices.cpu() if hasattr(indices, "cpu") else indices, dtype=np.int64)
        if self._set is None or self._weights is None:
            weights = np.ones(positions.shape, dtype=np.float32)
        else:
            weights = self._weights[positions]
            if np.isnan(weights).any():
                raise ValueError(f"example {positions[np.isnan(weights)].flat[0]} is not in the set of this epoch")
        if not hasattr(indices, "new_tensor"):
            return weights
        import torch

        return torch.from_numpy(weights).to(indices.device)

    def state_dict(self, done: Optional[int] = None) -> dict[str, Any]:
        """What ``load_state_dict`` needs to go on; equal on all ranks at the same step.

        ``done`` is how many examples this rank has trained on in the epoch. It has to be given where the loader has
        workers, which ask for examples ahead; without it, those handed out so far count. After a resume in
        mid-epoch it counts from there.
        """
        return {
            "version": _STATE_VERSION,
            "epoch": self._epoch,
            "round": None if self._set is None else self._set.round,
            "done": self._done if done is None else self._start + done * self.num_replicas,
            "seed": self._seed,
            "examples": self._examples,
            # As text, which every way of saving a checkpoint takes.
            "index_set": None if self._set is None else base64.b64encode(self._set.encode()).decode("ascii"),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where ``state_dict`` was called. ValueError for another version, seed or data set."""
        for name, own in (("version", _STATE_VERSION), ("seed", self._seed), ("examples", self._examples)):
            if state[name] != own:
                raise ValueError(f"the state's {name} is {state[name]}, this sampler's is {own}")
        data = state["index_set"]
        self._use(None if data is None else IndexSet.decode(base64.b64decode(data)), state["epoch"])
        self._done = self._resume_at = self._start = state["done"]

    def _use(self, found: Optional[IndexSet], epoch: int) -> None:
        if found is not None and found is not self._set:
            self._check(found)
            self._weights = np.where(found.mask(), found.weight_table(), np.float32(np.nan))
        self._set, self._epoch = found, epoch
        order = epoch_order(self._examples, self._seed, epoch, None if found is None else found.mask())
        self._order = even_order(order, self.num_replicas, self._drop_last)
        self._done, self._resume_at, self._start = 0, None, 0

    def _agree(self, epoch: int, round: Optional[int]) -> Optional[IndexSet]:
        """The set of an epoch, the same on all ranks."""
        group = process_group()
        if group is None or group.get_world_size() == 1:
            if self.num_replicas > 1 and round is None and not self._schedule.settles_rounds:
                raise ValueError(
                    "ranks that torch.distributed does not connect may take different sets: initialise it, give "
                    "set_epoch a round, or give every_epochs without max_staleness_epochs"
                )
            return self._decide(epoch, round)
        found: Optional[bytes] = None
        error: Optional[Exception] = None
        if group.get_rank() == 0:
            try:
                decided = self._decide(epoch, round)
                found = None if decided is None else decided.encode()
            except Exception as raised:  # whatever it is, the other ranks wait for it
                error = raised if isinstance(raised, WinnowError) else _unforeseen(raised)
        found, error = from_rank_0((found, error))
        if error is not None:
            raise error
        return None if found is None else IndexSet.decode(found)

    def _decide(self, epoch: int, round: Optional[int]) -> Optional[IndexSet]:
        if round is None:
            return self._schedule.choose(self._source, epoch, self._set, self._timeout)
        if self._set is not None and self._set.round == round:
            return self._set
        return self._source.wait(round, self._timeout)

    def _check(self, found: IndexSet) -> None:
        if found.dataset_examples != self._examples:
            raise _refused(f"it indexes {found.dataset_examples} examples, the data set has {self._examples}")
        expected = self._fingerprint if self._fingerprint is not None else found.dataset_fingerprint
        if found.dataset_fingerprint != expected:
            raise _refused(f"its data set's fingerprint is {found.dataset_fingerprint!r}, expected {expected!r}")
        self._fingerprint = expected


def _place(rank: Optional[int], num_replicas: Optional[int]) -> tuple[int, int]:
    if (rank is None) != (num_replicas is None):
        raise ValueError("give rank and num_replicas together, or neither")
    if rank is None or num_replicas is None:
        group = process_group()
        return (0, 1) if group is None else (group.get_rank(), group.get_world_size())
    if not 0 <= rank < num_replicas:
        raise ValueError(f"rank is {rank}; it must be at least 0 and below num_replicas, {num_replicas}")
    return rank, num_replicas


def _refused(what: str) -> WinnowError:
    return WinnowError(
        grpc.StatusCode.FAILED_PRECONDITION, f"the index set is of another data set: {what}", "INVALID_INDEX_SET"
    )


def _unforeseen(error: Exception) -> WinnowError:
    return WinnowError(grpc.StatusCode.UNKNOWN, f"rank 0 could not get the set: {type(error).__name__}: {error}")
