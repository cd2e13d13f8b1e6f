import threading

import grpc
import numpy as np
import pytest

from winnow.error import error_from
from winnow.scorer import BadSetting, Parameter, ScoredSet, Scorer, ScorerServer
from winnow.scorer.describe import describe
from winnow.scorer.main import main
from winnow.v1 import scorer_service_pb2 as pb
from winnow.v1 import scorer_service_pb2_grpc


class Losses(Scorer):
    """Gives losses back; what a test sets in ``then`` comes in between."""

    name = "losses"
    version = "1"
    summary = "Scores by loss."
    signals = ("labels", "adversarial_losses")
    parameters = (Parameter("scale", "Factor.", 1, 0, 8), Parameter("rank", "A number.", 2, 1, 5, integer=True))

    def __init__(self, then=lambda setting, scores: scores):
        self.then = then
        self.settings = []

    def score(self, setting, signals):
        self.settings.append(setting)
        assert signals.clean_logits.shape == (0, setting.classes)
        return self.then(setting, signals.adversarial_losses * setting.parameters["scale"])


class Chosen(Losses):
    name = "chosen"
    output = "set"


def batches(examples, size=7):
    losses = np.arange(examples) / 8
    for first in range(0, examples, size):
        part = losses[first : first + size]
        labels = [index % 3 for index in range(first, first + len(part))]
        yield pb.ExampleBatch(first_index=first, labels=labels, adversarial_losses=part)


def requests(examples=30, batch_list=None, **setting):
    fields = dict(examples=examples, classes=3, keep=10, seed=4)
    yield pb.ScoreExamplesRequest(setting=pb.ScoringSetting(**{**fields, **setting}))
    for batch in batches(examples) if batch_list is None else batch_list:
        yield pb.ScoreExamplesRequest(batch=batch)


class Calls:
    """A server with a scorer, and calls of it."""

    def __init__(self, scorer, **options):
        self.server = ScorerServer(scorer, **options)
        self.channel = grpc.insecure_channel(self.server.start())
        self.stub = scorer_service_pb2_grpc.ScorerServiceStub(self.channel)

    def score(self, stream, timeout=10):
        return list(self.stub.ScoreExamples(stream, timeout=timeout))

    def refusal(self, stream):
        with pytest.raises(grpc.RpcError) as caught:
            self.score(stream)
        return error_from(caught.value)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()
        self.server.stop()


def test_it_describes_itself_and_is_ready():
    with Calls(Losses()) as calls:
        found = calls.stub.DescribeScorer(pb.DescribeScorerRequest()).scorer
        assert (found.name, found.version, found.output) == ("losses", "1", pb.SCORER_OUTPUT_SCORES)
        assert list(found.signals) == [pb.SIGNAL_LABEL, pb.SIGNAL_ADVERSARIAL_LOSSES]
        assert [(one.name, one.default_value, one.integer) for one in found.parameters] == [
            ("scale", 1, False),
            ("rank", 2, True),
        ]
        assert calls.stub.CheckReady(pb.CheckReadyRequest()).ready


def test_it_says_what_it_waits_for():
    scorer = Losses()
    scorer.waits_for = lambda: "reads a table"
    with Calls(scorer) as calls:
        answer = calls.stub.CheckReady(pb.CheckReadyRequest())
        assert (answer.ready, answer.detail) == (False, "reads a table")


def test_scores_come_back_in_index_order():
    scorer = Losses()
    with Calls(scorer) as calls:
        answers = calls.score(requests(20_000, batches(20_000, 3000), parameters={"scale": 2}))
    assert [answer.scores.first_index for answer in answers] == [0, 8192, 16384]
    scores = np.concatenate([answer.scores.scores for answer in answers])
    assert np.allclose(scores, np.arange(20_000) / 4)
    assert scorer.settings[0].parameters == {"scale": 2, "rank": 2}
    assert (scorer.settings[0].keep, scorer.settings[0].seed) == (10, 4)


def test_a_set_comes_back_sorted():
    chosen = Chosen(lambda setting, _: ScoredSet(np.arange(10)[::-1], np.arange(10) + 1))
    with Calls(chosen) as calls:
        (answer,) = calls.score(requests())
    assert list(answer.set.indices) == list(range(10))
    assert list(answer.set.weights) == list(range(10, 0, -1))


@pytest.mark.parametrize(
    ("stream", "field"),
    [
        (requests(examples=0), "setting.examples"),
        (requests(keep=31), "setting.keep"),
        (requests(parameters={"scale": 9}), "setting.parameters.scale"),
        (requests(parameters={"scale": float("nan")}), "setting.parameters.scale"),
        (requests(parameters={"rank": 1.5}), "setting.parameters.rank"),
        (requests(parameters={"size": 1}), "setting.parameters.size"),
        (iter([]), "setting"),
        (iter([pb.ScoreExamplesRequest(batch=pb.ExampleBatch())]), "setting"),
        (requests(batch_list=[]), "batch"),
        (requests(batch_list=list(batches(31))), "batch"),
        (requests(batch_list=list(batches(30))[1:]), "batch.first_index"),
        (requests(batch_list=[pb.ExampleBatch(labels=[0, 1], adversarial_losses=[1])]), "batch.adversarial_losses"),
        (requests(batch_list=[pb.ExampleBatch(labels=[3], adversarial_losses=[1])]), "batch.labels"),
        (requests(batch_list=[pb.ExampleBatch(labels=[0], adversarial_losses=[-1])]), "batch.adversarial_losses"),
        (requests(batch_list=[pb.ExampleBatch()]), "batch.labels"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_its_field(stream, field):
    with Calls(Losses()) as calls:
        error = calls.refusal(stream)
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
        assert [one.field for one in error.fields] == [field]
        assert len(calls.score(requests())) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda setting, scores: scores[1:],
        lambda setting, scores: scores * np.nan,
        lambda setting, scores: 1 / 0,
    ],
)
def test_a_scorer_that_is_wrong_fails_without_saying_more_than_an_id(wrong, caplog):
    with Calls(Losses(wrong)) as calls:
        error = calls.refusal(requests())
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert error.message.startswith("internal error ") and "division" not in error.message
    assert error.message.split()[2].rstrip(";") in caplog.text


@pytest.mark.parametrize(
    "chosen",
    [
        [0] * 10,
        range(9),
        range(25, 35),
        np.arange(10) - 1,
        np.arange(10) / 1.5,
    ],
)
def test_a_set_that_is_wrong_is_not_sent(chosen):
    with Calls(Chosen(lambda *_: ScoredSet(np.asarray(chosen)))) as calls:
        assert calls.refusal(requests()).code == grpc.StatusCode.INTERNAL


def test_a_setting_that_a_scorer_can_not_use_is_refused():
    def refuse(setting, scores):
        raise BadSetting("setting.seed", "is unlucky")

    with Calls(Losses(refuse)) as calls:
        assert calls.refusal(requests()).fields == (("setting.seed", "is unlucky"),)


def test_a_cancelled_call_stops_the_work():
    started, stopped = threading.Event(), threading.Event()

    def work(setting, scores):
        started.set()
        try:
            while True:
                setting.check_cancelled()
        finally:
            stopped.set()

    with Calls(Losses(work)) as calls:
        call = calls.stub.ScoreExamples(requests())
        assert started.wait(5)
        call.cancel()
        assert stopped.wait(5)


def test_more_calls_than_allowed_are_refused_and_others_answered():
    going = threading.Event()

    def work(setting, scores):
        going.wait(10)
        return scores

    with Calls(Losses(work), calls=1) as calls:
        first = calls.stub.ScoreExamples(requests())
        while calls.refusal(requests()).reason != "OVERLOADED":
            pass
        assert calls.stub.CheckReady(pb.CheckReadyRequest()).ready
        going.set()
        assert len(list(first)) == 1


def test_what_would_not_fit_is_refused_before_it_is_sent():
    with Calls(Losses()) as calls:
        error = calls.refusal(requests(examples=2**31, batch_list=[]))
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")


def test_messages_have_a_limit():
    with Calls(Losses(), max_message_bytes=1000) as calls:
        error = calls.refusal(requests(5000, batches(5000, 5000)))
    assert error.code == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "changes",
    [
        dict(name="Losses"),
        dict(name=""),
        dict(version=""),
        dict(signals=()),
        dict(signals=("logits",)),
        dict(output="score"),
        dict(parameters=(Parameter("x", "", 2, 0, 1),)),
        dict(parameters=(Parameter("x", "", 0.5, 0, 1, integer=True),)),
        dict(parameters=(Parameter("X", "", 0, 0, 1),)),
    ],
)
def test_a_description_that_breaks_the_contract_is_not_served(changes):
    with pytest.raises(ValueError, match="Broken"):
        describe(type("Broken", (Losses,), changes)())


def test_the_command_line_names_its_mistakes(capsys):
    with pytest.raises(SystemExit) as ended:
        main(Losses(), ["--help"])
    assert ended.value.code == 0 and "scale: Factor. From 0 to 8" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="TLS needs both"):
        main(Losses(), ["--tls-cert", "a.pem"])
    with ScorerServer(Losses()) as other, pytest.raises(SystemExit, match="in use"):
        main(Losses(), ["--listen", other.address])
