import hashlib

import grpc
import numpy as np
import pytest

import winnow
from winnow import IndexSetSampler, NatsSource, WinnowError
from winnow.messages import (
    OBJECTIVE_KIND_TRADES,
    RUN_STATE_SUCCEEDED,
    AttackSpec,
    DatasetSpec,
    EvaluateModelRequest,
    EvaluationSpec,
    ModelSpec,
    ObjectiveSpec,
    OptimiserSpec,
    Run,
    RunSpec,
    ScoringTarget,
    SelectionSpec,
)

EXAMPLES = 300
ATTACK = AttackSpec(epsilon=0.2, step_size=0.1, steps=2)
DIGITS = DatasetSpec(name="mnist", train_examples=EXAMPLES, test_examples=100)
MODEL = ModelSpec(architecture="resnet", depth=8, width=2)


def spec(**changes):
    fields = dict(
        name="from python",
        dataset=DIGITS,
        model=MODEL,
        objective=ObjectiveSpec(kind=OBJECTIVE_KIND_TRADES, attack=ATTACK),
        selection=SelectionSpec(scorer="adv-grad-match", fraction=0.3, every_epochs=1),
        optimiser=OptimiserSpec(learning_rate=0.05, momentum=0.9),
        evaluation=EvaluationSpec(attack=ATTACK),
        epochs=2,
        batch_size=50,
        seed=7,
    )
    return RunSpec(**{**fields, **changes})


@pytest.fixture(scope="module")
def finished(client):
    events = []
    created = client.training.create_run(spec())
    return client.training.wait(created.id, progress=events.append, timeout=100), events


def test_a_run_is_created_and_waited_for(finished, client):
    run, events = finished
    assert run.state == RUN_STATE_SUCCEEDED
    assert [one.round for one in run.rounds] == [0, 1]
    phases = {event.phase for event in events if not isinstance(event, Run)}
    assert {"score", "train"} <= phases
    assert run.id in [one.id for one in client.training.list_runs()]
    assert client.training.cancel_run(run.id).state == RUN_STATE_SUCCEEDED


def test_its_index_sets_come_over_grpc_and_nats_alike(finished, client, nats_url):
    run, _ = finished
    over_grpc = []
    with client.scoring.watch_index_sets(run.id, timeout=20) as sets:
        for found in sets:
            over_grpc.append(found)
            if len(over_grpc) == 2:
                break
    source = NatsSource(nats_url, run.id)
    over_nats = [source.get(0), source.wait(1, timeout=5)]
    assert [one.encode() for one in over_grpc] == [one.encode() for one in over_nats]
    assert source.get().round == 1 and client.follow(run.id).get().round == 1
    for found in over_grpc:
        assert len(found) == 90 and found.meaning == "normalised-sum"
        assert found.dataset_fingerprint == run.dataset.fingerprint
        assert sum(found.quality.kept_per_class) == 90 and found.quality.residual < 1
    assert source.get(2) is None and client.follow(run.id).get(2) is None
    source.close()


def test_a_sampler_follows_a_run_that_the_service_trains(finished, client, nats_url):
    run, _ = finished
    fingerprint = run.dataset.fingerprint
    options = dict(seed=7, every_epochs=1, fingerprint=fingerprint, timeout=20)
    nats_source = NatsSource(nats_url, run.id)
    samplers = [IndexSetSampler(EXAMPLES, source, **options) for source in (nats_source, client.follow(run.id))]
    for epoch in range(2):
        for sampler in samplers:
            sampler.set_epoch(epoch)
        orders = [list(sampler) for sampler in samplers]
        assert orders[0] == orders[1] and len(orders[0]) == 90
        assert (samplers[0].weights_of(orders[0]) >= 0).all()
    nats_source.close()


def test_sources_say_that_no_set_comes(client, nats_url):
    nats_source = NatsSource(nats_url, "no-such-run")
    for source in (nats_source, client.follow("no-such-run")):
        assert source.get() is None
        with pytest.raises(WinnowError, match="no set of round 3 after 0.3 s") as caught:
            source.wait(3, timeout=0.3)
        assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    nats_source.close()


def test_a_model_is_downloaded_evaluated_and_uploaded(finished, client):
    run, _ = finished
    data = client.training.download_model(run.id)
    assert hashlib.sha256(data).hexdigest() == run.checkpoint.sha256
    progress = []
    request = dict(dataset=DIGITS, model=MODEL, attack=ATTACK, seed=7)
    figures = client.training.evaluate(
        EvaluateModelRequest(checkpoint=run.checkpoint, **request), progress=progress.append
    )
    assert figures.clean_accuracy == run.result.clean_accuracy
    assert figures.robust_accuracy == run.result.robust_accuracy
    assert progress
    stored = client.training.upload_model(data, MODEL, classes=10, image=(28, 28, 1))
    again = client.training.evaluate(EvaluateModelRequest(checkpoint=stored, **request))
    assert again.robust_accuracy == figures.robust_accuracy


def test_a_subset_of_the_services_own_data_set(finished, client):
    run, _ = finished
    phases = set()
    target = ScoringTarget(
        dataset=DIGITS,
        model=MODEL,
        checkpoint=run.checkpoint,
        objective=ObjectiveSpec(kind=OBJECTIVE_KIND_TRADES, attack=ATTACK),
        seed=1,
    )
    found = client.scoring.select_subset(
        target, SelectionSpec(scorer="el2n", fraction=0.1), progress=lambda done: phases.add(done.phase)
    )
    assert len(found) == 30 and found.scorer == "el2n" and "attack" in phases
    explained = client.scoring.explain_examples(run.id, [0, 5])
    assert [one.index for one in explained.examples] == [0, 5]


def test_refusals_name_reason_and_fields(client):
    with pytest.raises(WinnowError) as caught:
        client.training.create_run(spec(epochs=0))
    error = caught.value
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert [field for field, _ in error.fields] == ["spec.epochs"]
    assert "spec.epochs" in str(error)
    with pytest.raises(WinnowError) as caught:
        client.training.get_run("nobody")
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_RUN")


def test_a_watch_is_cancelled(client):
    created = client.training.create_run(spec(epochs=200, selection=None))
    with client.training.watch(created.id) as events:
        next(events)
        events.cancel()
        assert list(events) is not None
    assert client.training.cancel_run(created.id).id == created.id
    assert client.training.wait(created.id, timeout=60).state != RUN_STATE_SUCCEEDED
