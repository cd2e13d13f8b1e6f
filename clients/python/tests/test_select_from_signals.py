import threading
import time

import grpc
import numpy as np
import pytest
from fake_service import FakeService, refuse
from sets import index_set

from winnow import Client, SignalBatch, WinnowError
from winnow.v1 import scoring_service_pb2


class Selecting:
    """Takes signals, and answers with a set of the first ``keep`` examples."""

    def __init__(self, keep=2, pause=0.0):
        self.keep, self.pause = keep, pause
        self.setting, self.batches = None, []

    def __call__(self, requests, context):
        done = 0
        for request in requests:
            if request.WhichOneof("part") == "setting":
                self.setting = request.setting
                continue
            time.sleep(self.pause)
            self.batches.append(request.batch)
            done += len(request.batch.labels)
            progress = scoring_service_pb2.WorkProgress(phase="receive", done=done, total=self.setting.examples)
            yield scoring_service_pb2.SelectFromSignalsResponse(progress=progress)
        found = index_set(indices=range(self.keep), examples=self.setting.examples)
        yield scoring_service_pb2.SelectFromSignalsResponse(index_set=found.message)


def test_signals_arrive_in_order_and_whole():
    selecting, progress = Selecting(), []
    rng = np.random.default_rng(0)
    logits, losses = rng.standard_normal((50, 3)).astype(np.float32), rng.random(50)
    with FakeService({"SelectFromSignals": selecting}) as service, Client(scoring=service.address) as client:
        found = client.scoring.select_from_signals(
            labels=list(range(3)) * 16 + [0, 1],
            adversarial_logits=logits,
            losses=losses,
            scorer="x",
            fraction=0.1,
            parameters={"a": 2},
            fallback="random",
            chunk_bytes=200,
            progress=lambda one: progress.append(one.done),
        )
    assert found.indices.tolist() == [0, 1]
    setting = selecting.setting
    assert (setting.examples, setting.classes, setting.features) == (50, 3, 0)
    assert dict(setting.selection.parameters) == {"a": 2}
    assert [batch.first_index for batch in selecting.batches] == list(range(0, 50, 10))
    assert np.array_equal(np.concatenate([b.adversarial_logits for b in selecting.batches]), logits.ravel())
    assert np.allclose(np.concatenate([b.adversarial_losses for b in selecting.batches]), losses)
    assert progress == [10, 20, 30, 40, 50]


def test_batches_are_only_read_as_the_server_takes_them():
    selecting, made = Selecting(pause=0.02), [0]

    def batches():
        for _ in range(60):
            made[0] += 1
            # Large enough that gRPC's own windows hold few of them.
            yield SignalBatch(labels=np.zeros(1000), logits=np.zeros((1000, 500)))
            ahead.append(made[0] - len(selecting.batches))

    ahead = []
    with FakeService({"SelectFromSignals": selecting}) as service:
        with Client(scoring=service.address) as client:
            client.scoring.select_from_signals(batches=batches(), examples=60_000, scorer="x", fraction=0.1)
    assert made[0] == 60 and max(ahead) < 20


def test_a_refusal_ends_the_sending():
    def refusing(requests, context):
        next(requests)
        refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "no", "INVALID_FIELD", [("setting.classes", "is 0")])
        yield

    made = [0]

    def batches():
        for _ in range(10_000):
            made[0] += 1
            yield SignalBatch(labels=np.zeros(100), logits=np.zeros((100, 100)))

    with FakeService({"SelectFromSignals": refusing}) as service, Client(scoring=service.address) as client:
        with pytest.raises(WinnowError) as caught:
            client.scoring.select_from_signals(batches=batches(), examples=10**6, scorer="x", fraction=0.1)
    assert caught.value.fields[0].field == "setting.classes" and made[0] < 10_000


def test_what_progress_raises_cancels_the_call():
    gone = threading.Event()

    def slow(requests, context):
        context.add_callback(gone.set)
        yield scoring_service_pb2.SelectFromSignalsResponse(progress=scoring_service_pb2.WorkProgress())
        gone.wait(10)

    def stop(_):
        raise KeyboardInterrupt

    with FakeService({"SelectFromSignals": slow}) as service, Client(scoring=service.address) as client:
        with pytest.raises(KeyboardInterrupt):
            client.scoring.select_from_signals(labels=[0], losses=[1], classes=2, scorer="x", fraction=1, progress=stop)
        assert gone.wait(5)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (dict(), "give either"),
        (dict(losses=[1.0]), "without labels"),
        (dict(labels=[0], losses=[1.0]), "classes="),
        (dict(labels=[0, 1], losses=[1.0], classes=2), "losses have shape"),
        (dict(labels=[[0]], classes=2), "one label"),
        (dict(labels=[-1], classes=2), "begin at 0"),
        (dict(labels=[0], logits=[1.0, 2.0]), "2 dimensions"),
        (dict(batches=[SignalBatch([0], logits=[[1, 2]])]), "examples="),
        (dict(batches=[], examples=3), "no examples"),
        (dict(labels=[0], logits=[[1, 2]], objective="sgd"), "objective"),
        (dict(labels=[0], logits=[[1, 2]], fallback="none"), "fallback"),
    ],
)
def test_what_can_not_be_sent_is_refused(given, what):
    with Client(scoring="127.0.0.1:1") as client, pytest.raises(ValueError, match=what):
        client.scoring.select_from_signals(scorer="x", fraction=0.1, **given)


def test_batches_of_other_signals_are_refused():
    batches = [SignalBatch([0], logits=[[1, 2]]), SignalBatch([0], margins=[1])]
    with FakeService({"SelectFromSignals": Selecting()}) as service, Client(scoring=service.address) as client:
        with pytest.raises(ValueError, match="margins"):
            client.scoring.select_from_signals(batches=batches, examples=2, scorer="x", fraction=1)


def test_tensors_of_bfloat16_are_taken():
    torch = pytest.importorskip("torch")
    selecting = Selecting(keep=1)
    with FakeService({"SelectFromSignals": selecting}) as service, Client(scoring=service.address) as client:
        logits = torch.tensor([[1.5, 2.0]], dtype=torch.bfloat16, requires_grad=True)
        client.scoring.select_from_signals(labels=torch.tensor([1]), logits=logits, scorer="x", fraction=1)
    assert list(selecting.batches[0].clean_logits) == [1.5, 2.0]
