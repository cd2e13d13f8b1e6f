import json
import pickle

import grpc
import numpy as np
import pytest
from sets import Published, index_set

from winnow import IndexSetSampler, WinnowError, epoch_order

N = 200
KEPT = [np.sort(np.random.RandomState(round).permutation(N)[:61]) for round in range(4)]


def kept(round, **changes):
    return index_set(round, KEPT[round], examples=N, **changes)


def sampler(source, **options):
    return IndexSetSampler(N, source, **{"seed": 5, "every_epochs": 2, **options})


def epoch_of(one, epoch, **options):
    one.set_epoch(epoch, **options)
    return list(one)


def test_an_epoch_is_the_full_permutation_filtered_by_the_set():
    one = sampler(Published(kept(0)))
    given = epoch_of(one, 1)
    assert sorted(given) == KEPT[0].tolist()
    assert given == [index for index in epoch_order(N, 5, 1) if index in set(KEPT[0])]
    assert given != epoch_of(one, 0) and sorted(given) == sorted(epoch_of(one, 0))
    assert len(one) == 61


def test_the_order_is_the_same_on_every_machine():
    assert epoch_order(12, seed=7, epoch=3).tolist() == [4, 2, 5, 9, 11, 3, 6, 7, 10, 0, 1, 8]
    assert sorted(epoch_order(1000, 1, 1)) == list(range(1000))
    assert (epoch_order(1000, 1, 1) != epoch_order(1000, 1, 2)).any()
    assert (epoch_order(1000, 1, 1) != epoch_order(1000, 2, 1)).any()


def test_rounds_follow_the_schedule():
    source = Published(*map(kept, range(4)))
    one = sampler(source, warm_start_epochs=1)
    assert sorted(epoch_of(one, 0)) == list(range(N)) and one.index_set is None
    rounds = []
    for epoch in range(1, 7):
        one.set_epoch(epoch)
        rounds.append(one.index_set.round)
    assert rounds == [0, 0, 1, 1, 2, 2]


def test_without_a_schedule_the_newest_set_is_taken():
    source = Published(kept(0))
    one = sampler(source, every_epochs=None)
    assert sorted(epoch_of(one, 0)) == KEPT[0].tolist()
    source.publish(kept(3))
    assert sorted(epoch_of(one, 1)) == KEPT[3].tolist()


def test_a_late_set_is_waited_for_or_the_last_one_goes_on():
    source = Published(kept(0))
    patient = sampler(source)
    patient.set_epoch(1)
    with pytest.raises(WinnowError, match="round 1") as caught:
        patient.set_epoch(2)
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    stale = sampler(source, every_epochs=3, max_staleness_epochs=1)
    stale.set_epoch(3)
    assert stale.index_set.round == 0
    with pytest.raises(WinnowError, match="round 1"):
        stale.set_epoch(4)
    source.publish(kept(1))
    stale.set_epoch(4)
    assert stale.index_set.round == 1


def test_a_late_first_set_after_a_warm_start_leaves_all_data():
    one = sampler(Published(), every_epochs=2, warm_start_epochs=1, max_staleness_epochs=1)
    assert len(epoch_of(one, 1)) == N
    with pytest.raises(WinnowError):
        one.set_epoch(2)
    with pytest.raises(WinnowError):
        sampler(Published(), every_epochs=2, max_staleness_epochs=1).set_epoch(0)


def test_a_failed_selection_is_raised():
    source = Published()
    source.publish(WinnowError(grpc.StatusCode.FAILED_PRECONDITION, "no", "SCORER_FAILED"), round=0)
    with pytest.raises(WinnowError) as caught:
        sampler(source).set_epoch(0)
    assert caught.value.reason == "SCORER_FAILED"
    assert pickle.loads(pickle.dumps(caught.value)).reason == "SCORER_FAILED"


def test_a_set_of_another_data_set_is_refused():
    with pytest.raises(WinnowError, match="10 examples"):
        sampler(Published(index_set())).set_epoch(0)
    with pytest.raises(WinnowError, match="fingerprint"):
        sampler(Published(kept(0)), fingerprint="g").set_epoch(0)
    changing = sampler(Published(kept(0), kept(1, fingerprint="g")))
    changing.set_epoch(0)
    with pytest.raises(WinnowError, match="fingerprint"):
        changing.set_epoch(2)


def test_weights_are_those_of_the_set():
    torch = pytest.importorskip("torch")
    weights = np.linspace(0, 3, len(KEPT[0]), dtype=np.float32)
    one = sampler(Published(kept(0, weights=weights)))
    one.set_epoch(0)
    assert one.weights_of(KEPT[0]).tolist() == weights.tolist()
    found = one.weights_of(torch.tensor(KEPT[0][5:7]))
    assert isinstance(found, torch.Tensor) and found.dtype == torch.float32
    assert found.tolist() == weights[5:7].tolist()
    dropped = next(index for index in range(N) if index not in set(KEPT[0]))
    with pytest.raises(ValueError, match=f"example {dropped} is not"):
        one.weights_of([dropped])
    full = sampler(Published(), warm_start_epochs=1)
    full.set_epoch(0)
    assert full.weights_of([0, 1]).tolist() == [1, 1]


@pytest.mark.parametrize("replicas", [2, 3, 7])
@pytest.mark.parametrize("drop_last", [False, True])
def test_ranks_share_an_epoch_evenly(replicas, drop_last):
    source = Published(kept(0))
    whole = epoch_of(sampler(source), 0)
    ranks = [sampler(source, rank=rank, num_replicas=replicas, drop_last=drop_last) for rank in range(replicas)]
    shares = [epoch_of(one, 0) for one in ranks]
    size = len(whole) // replicas if drop_last else -(-len(whole) // replicas)
    assert [len(share) for share in shares] == [size] * replicas == [len(one) for one in ranks]
    together = [index for step in zip(*shares) for index in step]
    assert together[: len(whole)] == whole[: len(together)]
    assert together[len(whole) :] == whole[: len(together) - len(whole) if not drop_last else 0]


def test_more_ranks_than_examples():
    shares = [epoch_of(sampler(Published(index_set(examples=N)), rank=r, num_replicas=8), 0) for r in range(8)]
    assert [len(share) for share in shares] == [1] * 8
    assert {index for share in shares for index in share} == {1, 3, 9}


def test_ranks_that_nothing_connects_need_a_settled_round():
    options = dict(rank=0, num_replicas=2, every_epochs=None)
    source = Published(kept(0), kept(1))
    with pytest.raises(ValueError, match="different sets"):
        sampler(source, **options).set_epoch(0)
    one = sampler(source, **options)
    one.set_epoch(0, round=0)
    assert one.index_set.round == 0


@pytest.mark.parametrize("stop", [0, 1, 30, 61])
def test_a_resumed_epoch_goes_on_at_the_next_example(stop):
    source = Published(kept(0), kept(1))
    one = sampler(source)
    one.set_epoch(1)
    iterator = iter(one)
    before = [next(iterator) for _ in range(stop)]
    state = json.loads(json.dumps(one.state_dict()))
    after = list(iterator)

    later = Published()
    resumed = sampler(later)
    resumed.load_state_dict(state)
    assert resumed.epoch == 1
    resumed.set_epoch(1)
    assert len(resumed) == 61 - stop
    assert list(resumed) == after and before + after == epoch_of(one, 1)
    later.publish(kept(1))
    assert epoch_of(resumed, 2) == epoch_of(one, 2)
    assert later.waits == [1]


def test_a_state_counts_what_the_loop_has_used_when_it_says_so():
    one = sampler(Published(kept(0)))
    whole = epoch_of(one, 0)
    one.set_epoch(0)
    iterator = iter(one)
    ahead = [next(iterator) for _ in range(40)]
    resumed = sampler(Published())
    resumed.load_state_dict(one.state_dict(done=16))
    first_half = iter(resumed)
    assert ahead[:16] + [next(first_half) for _ in range(20)] == whole[:36]
    again = sampler(Published())
    again.load_state_dict(resumed.state_dict(done=10))
    assert list(again) == whole[26:]


def test_a_resumed_epoch_may_have_another_number_of_ranks():
    source = Published(kept(0))
    whole = epoch_of(sampler(source, drop_last=True), 0)
    ranks = [sampler(source, rank=rank, num_replicas=2, drop_last=True) for rank in range(2)]
    iterators = []
    for one in ranks:
        one.set_epoch(0)
        iterators.append(iter(one))
    done = [next(iterator) for _ in range(9) for iterator in iterators]
    states = [one.state_dict() for one in ranks]
    assert states[0] == states[1]
    alone = sampler(Published(), drop_last=True)
    alone.load_state_dict(states[0])
    assert done + list(alone) == whole


def test_a_state_of_another_run_is_refused():
    state = sampler(Published()).state_dict()
    with pytest.raises(ValueError, match="seed"):
        sampler(Published(), seed=6).load_state_dict(state)
    with pytest.raises(ValueError, match="examples"):
        IndexSetSampler(N + 1, Published(), seed=5).load_state_dict(state)


@pytest.mark.parametrize(
    "options",
    [
        dict(every_epochs=0),
        dict(warm_start_epochs=-1),
        dict(max_staleness_epochs=2),
        dict(every_epochs=None, max_staleness_epochs=1),
        dict(rank=0),
        dict(rank=2, num_replicas=2),
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError):
        sampler(Published(), **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_gives_every_kept_example_once_with_its_index(workers):
    torch = pytest.importorskip("torch")
    from winnow import Indexed

    weights = np.linspace(0, 3, len(KEPT[0]), dtype=np.float32)
    one = sampler(Published(kept(0, weights=weights)))
    dataset = torch.utils.data.TensorDataset(torch.arange(N) * 10, torch.arange(N) % 7)
    loader = torch.utils.data.DataLoader(Indexed(dataset), batch_size=16, sampler=one, num_workers=workers)
    one.set_epoch(0)
    seen = []
    for index, (x, y) in loader:
        assert (x == index * 10).all() and (y == index % 7).all()
        seen += index.tolist()
        assert one.weights_of(index).tolist() == weights[np.searchsorted(KEPT[0], index.numpy())].tolist()
    assert seen == epoch_of(one, 0)


def test_the_weighted_mean_is_that_of_the_contract():
    torch = pytest.importorskip("torch")
    from winnow import weighted_mean

    losses = torch.tensor([1.0, 2.0, 5.0], requires_grad=True)
    assert weighted_mean(losses, torch.tensor([1.0, 0.0, 3.0])).item() == 4
    assert weighted_mean(losses, torch.zeros(3)).item() == 0
