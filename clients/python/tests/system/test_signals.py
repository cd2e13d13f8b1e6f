import threading
import time

import grpc
import numpy as np
import pytest

from winnow import IndexSetSampler, NatsSource, SignalBatch, WinnowError
from winnow.scorer import ScorerServer
from winnow.scorers.knn_extrapolation import KnnExtrapolation

N, C, D = 600, 10, 16


@pytest.fixture(scope="module")
def signals():
    rng = np.random.default_rng(3)
    labels = np.arange(N) % C
    logits = rng.standard_normal((N, C)).astype(np.float32)
    logits[np.arange(N), labels] += 2
    attacked = (logits + rng.standard_normal((N, C)) * 0.5).astype(np.float32)
    features = np.abs(rng.standard_normal((N, D))).astype(np.float32)
    return dict(
        labels=labels,
        logits=logits,
        adversarial_logits=attacked,
        features=features,
        adversarial_features=features + 0.1,
    )


def test_whole_arrays_batches_and_tensors_give_the_same_set(client, signals):
    torch = pytest.importorskip("torch")
    options = dict(scorer="adv-grad-match", fraction=0.3, seed=3, dataset_fingerprint="abc")
    phases = []
    found = client.scoring.select_from_signals(
        **signals, **options, chunk_bytes=10_000, progress=lambda done: phases.append((done.phase, done.done))
    )
    assert len(found) == 180 and found.meaning == "normalised-sum" and found.quality.residual < 1
    assert found.dataset_fingerprint == "abc" and found.dataset_examples == N
    assert {phase for phase, _ in phases} >= {"receive"}

    thread = threading.get_ident()

    def batches():
        for start in range(0, N, 70):
            assert threading.get_ident() == thread
            yield SignalBatch(**{name: torch.tensor(values[start : start + 70]) for name, values in signals.items()})

    streamed = client.scoring.select_from_signals(batches=batches(), examples=N, **options)
    assert streamed.indices.tolist() == found.indices.tolist()
    assert streamed.weights.tolist() == found.weights.tolist()


@pytest.mark.parametrize("objective", ["at", "trades", "mart"])
def test_every_objective(client, signals, objective):
    found = client.scoring.select_from_signals(
        **signals, scorer="adv-glister", fraction=0.1, objective=objective, parameters={}
    )
    assert len(found) == 60


def test_losses_alone_are_enough_for_a_scorer_of_losses(client, signals):
    losses = np.linspace(0, 5, N)
    found = client.scoring.select_from_signals(
        labels=signals["labels"], losses=losses, classes=C, scorer="adversarial-loss", fraction=0.1
    )
    assert found.indices.tolist() == list(range(540, 600))


def test_a_published_set_is_followed(client, signals, nats_url):
    source = NatsSource(nats_url, "python-run")
    follower = IndexSetSampler(N, source, seed=1, every_epochs=1, timeout=30, fingerprint="mine")
    started = threading.Event()

    def publish():
        started.wait()
        time.sleep(0.5)
        options = dict(scorer="el2n", fraction=0.2, dataset_fingerprint="mine", run_id="python-run")
        client.scoring.select_from_signals(**signals, **options)

    thread = threading.Thread(target=publish)
    thread.start()
    started.set()
    follower.set_epoch(0)
    thread.join()
    assert len(list(follower)) == 120
    # A round that has a set already keeps it.
    again = client.scoring.select_from_signals(
        **signals, scorer="random", fraction=0.5, dataset_fingerprint="mine", run_id="python-run"
    )
    assert again.indices.tolist() == follower.index_set.indices.tolist()
    assert client.scoring.get_index_set("python-run").encode() == again.encode()
    source.close()


def test_a_set_too_large_for_a_message_comes_from_the_object_store(client, nats_url):
    # A byte an index: more than the half MiB that travels in a message.
    examples = 700_000
    losses = np.random.default_rng(0).random(examples)
    found = client.scoring.select_from_signals(
        labels=np.arange(examples) % C,
        losses=losses,
        classes=C,
        scorer="adversarial-loss",
        fraction=0.9,
        run_id="large-run",
    )
    assert len(found) == 630_000
    source = NatsSource(nats_url, "large-run")
    assert source.get().encode() == found.encode()
    source.close()


def test_refusals_name_the_signal(client, signals):
    with pytest.raises(WinnowError) as caught:
        client.scoring.select_from_signals(
            labels=signals["labels"], logits=signals["logits"], scorer="adv-grad-match", fraction=0.3
        )
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.fields[0].field.startswith("batch.")
    with pytest.raises(WinnowError) as caught:
        client.scoring.select_from_signals(**signals, scorer="no-such", fraction=0.3)
    assert caught.value.reason == "UNKNOWN_SCORER"


def test_what_an_iterator_raises_ends_the_call(client, signals):
    def batches():
        yield SignalBatch(**{name: values[:50] for name, values in signals.items()})
        raise ArithmeticError("the model broke")

    with pytest.raises(ArithmeticError, match="broke"):
        client.scoring.select_from_signals(batches=batches(), examples=N, scorer="el2n", fraction=0.5)
    assert len(client.scoring.select_from_signals(**signals, scorer="el2n", fraction=0.5)) == 300


def test_a_scorer_of_this_package_selects_for_the_service(client, signals):
    with ScorerServer(KnnExtrapolation()) as server:
        description = client.scoring.register_scorer(server.address)
        assert description.name == "knn-extrapolation"
        assert {"knn-extrapolation", "el2n"} <= {one.name for one in client.scoring.list_scorers()}
        assert [(one.address, one.ready) for one in client.scoring.list_endpoints()] == [(server.address, True)]
        found = client.scoring.select_from_signals(
            **signals, scorer="knn-extrapolation", fraction=0.2, parameters={"share": 0.3}, seed=5
        )
        assert len(found) == 120 and found.scorer == "knn-extrapolation" and found.fallback is None
    replaced = client.scoring.select_from_signals(
        **signals, scorer="knn-extrapolation", fraction=0.2, fallback="random"
    )
    assert len(replaced) == 120 and replaced.fallback.kind == "random" and replaced.fallback.reason
    client.scoring.unregister_scorer("knn-extrapolation")
    with pytest.raises(WinnowError) as caught:
        client.scoring.unregister_scorer("knn-extrapolation")
    assert caught.value.code == grpc.StatusCode.NOT_FOUND
