"""Client of the scoring service."""

from __future__ import annotations

from itertools import chain
from typing import Any, Callable, Iterable, Mapping, Optional, Sequence, Union

import grpc

from winnow.call import call
from winnow.duplex import exchange
from winnow.error import WinnowError
from winnow.index_set import IndexSet
from winnow.objective import Objective, objective_spec
from winnow.signals import CHUNK_BYTES, SignalBatch, as_batches, chunks, width_of
from winnow.stream import ReopeningStream, Stream, deadline_after
from winnow.v1 import scorer_service_pb2, scoring_service_pb2, scoring_service_pb2_grpc, selection_pb2
from winnow.wire import length_delimited

Progress = Callable[[scoring_service_pb2.WorkProgress], None]
"""Is told how far a piece of work is: ``phase``, ``done``, ``total``."""

READ_TIMEOUT_S = 30.0
"""Default of reads of what the service already knows."""
DATASET_TIMEOUT_S = 300.0
"""Default of calls that read a data set first."""

_FALLBACKS = {
    None: selection_pb2.SCORER_FALLBACK_UNSPECIFIED,
    "last-set": selection_pb2.SCORER_FALLBACK_LAST_SET,
    "random": selection_pb2.SCORER_FALLBACK_RANDOM,
}


class ScoringClient:
    """Calls of the scoring service. Each raises a WinnowError; timeouts are in seconds, None for no limit."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = scoring_service_pb2_grpc.ScoringServiceStub(channel)
        # Takes bytes, as large arrays are encoded faster than protobuf's Python lists can be filled.
        self._select_from_signals = channel.stream_stream(
            "/winnow.v1.ScoringService/SelectFromSignals",
            request_serializer=None,
            response_deserializer=scoring_service_pb2.SelectFromSignalsResponse.FromString,
        )

    def list_scorers(self, timeout: Optional[float] = READ_TIMEOUT_S) -> list[scorer_service_pb2.ScorerDescription]:
        """The scorers with their parameters, in alphabetical order, those that run as services among them."""
        return list(call(self._stub.ListScorers, scoring_service_pb2.ListScorersRequest(), timeout).scorers)

    def list_endpoints(self, timeout: Optional[float] = READ_TIMEOUT_S) -> list[scoring_service_pb2.ScorerEndpoint]:
        """Where the scorers are that run as services, and whether they are ready."""
        return list(call(self._stub.ListScorers, scoring_service_pb2.ListScorersRequest(), timeout).endpoints)

    def register_scorer(
        self, address: str, timeout: Optional[float] = READ_TIMEOUT_S
    ) -> scorer_service_pb2.ScorerDescription:
        """Makes the scorer at ``host:port`` known under the name that it gives itself."""
        request = scoring_service_pb2.RegisterScorerRequest(address=address)
        return call(self._stub.RegisterScorer, request, timeout).scorer

    def unregister_scorer(self, name: str, timeout: Optional[float] = READ_TIMEOUT_S) -> None:
        """Forgets a scorer that was registered."""
        call(self._stub.UnregisterScorer, scoring_service_pb2.UnregisterScorerRequest(name=name), timeout)

    def select_from_signals(
        self,
        *,
        labels: Any = None,
        logits: Any = None,
        adversarial_logits: Any = None,
        features: Any = None,
        adversarial_features: Any = None,
        losses: Any = None,
        margins: Any = None,
        batches: Optional[Iterable[SignalBatch]] = None,
        examples: Optional[int] = None,
        classes: Optional[int] = None,
        scorer: str,
        fraction: float,
        objective: Objective = "trades",
        parameters: Optional[Mapping[str, float]] = None,
        class_floor: float = 0.0,
        fallback: Optional[str] = None,
        seed: int = 0,
        dataset_fingerprint: str = "",
        run_id: str = "",
        round: int = 0,
        chunk_bytes: int = CHUNK_BYTES,
        progress: Optional[Progress] = None,
        timeout: Optional[float] = None,
    ) -> IndexSet:
        """Selects a subset of your own examples from what you measured of them.

        Signals are whole arrays or tensors, or ``batches`` of them, which are read as they are sent, in this thread:
        then ``examples`` says how many there are in all. ``classes`` is the logits' width unless it is given. Which
        signals a scorer reads is in its description (``list_scorers``). With ``run_id``, the set is published as that
        run's ``round``, for IndexSetSampler to follow; a round that has a set already keeps it. ``fallback``
        ("last-set" or "random") is what takes the place of a scorer service that fails.
        """
        signals = dict(
            labels=labels,
            logits=logits,
            adversarial_logits=adversarial_logits,
            features=features,
            adversarial_features=adversarial_features,
            losses=losses,
            margins=margins,
        )
        source = as_batches(batches, signals)
        first = next(source, None)
        if first is None:
            raise ValueError("there are no examples")
        setting = scoring_service_pb2.SignalsSetting(
            examples=_examples(examples, first, whole=batches is None),
            classes=_classes(classes, first),
            features=width_of(first, "features", "adversarial_features") or 0,
            objective=objective_spec(objective),
            selection=selection_pb2.SelectionSpec(
                scorer=scorer,
                fraction=fraction,
                parameters=parameters,
                class_floor=class_floor,
                fallback=_fallback(fallback),
            ),
            seed=seed,
            dataset_fingerprint=dataset_fingerprint,
            run_id=run_id,
            round=round,
        )
        head = scoring_service_pb2.SelectFromSignalsRequest(setting=setting).SerializeToString()
        field = scoring_service_pb2.SelectFromSignalsRequest.BATCH_FIELD_NUMBER
        body = (length_delimited(field, batch) for batch in chunks(chain([first], source), chunk_bytes))
        found = exchange(self._select_from_signals, chain([head], body), _index_set_after(progress), timeout)
        return IndexSet.from_message(_present(found))

    def select_subset(
        self,
        target: scoring_service_pb2.ScoringTarget,
        selection: selection_pb2.SelectionSpec,
        progress: Optional[Progress] = None,
        timeout: Optional[float] = None,
    ) -> IndexSet:
        """Attacks a data set of the service's and selects a subset of it."""
        request = scoring_service_pb2.SelectSubsetRequest(target=target, selection=selection)
        take, found = _index_set_after(progress), None
        with Stream(self._stub.SelectSubset(request, timeout=timeout), take) as answers:
            for answer in answers:
                found = answer or found
        return IndexSet.from_message(_present(found))

    def score_dataset(
        self, request: scoring_service_pb2.ScoreDatasetRequest, timeout: Optional[float] = None
    ) -> Stream[scoring_service_pb2.ScoreDatasetResponse]:
        """Attacks a data set of the service's: progress, then scores in index order, then a summary."""
        return Stream(self._stub.ScoreDataset(request, timeout=timeout), lambda answer: answer)

    def get_index_set(
        self, run_id: str, round: Optional[int] = None, timeout: Optional[float] = READ_TIMEOUT_S
    ) -> IndexSet:
        """A published index set of a run, the newest where no round is given. NOT_FOUND where there is none."""
        request = scoring_service_pb2.GetIndexSetRequest(run_id=run_id, round=round)
        return IndexSet.from_message(call(self._stub.GetIndexSet, request, timeout).index_set)

    def watch_index_sets(self, run_id: str, from_round: int = 0, timeout: Optional[float] = None) -> Stream[IndexSet]:
        """A run's index sets from a round on, each once, until it is cancelled; goes on after a restart."""
        following, left = from_round, deadline_after(timeout)

        def open_call() -> Any:
            request = scoring_service_pb2.WatchIndexSetsRequest(run_id=run_id, from_round=following)
            return self._stub.WatchIndexSets(request, timeout=left())

        def convert(answer: scoring_service_pb2.WatchIndexSetsResponse) -> IndexSet:
            nonlocal following
            found = IndexSet.from_message(answer.index_set)
            following = found.round + 1
            return found

        return ReopeningStream(open_call, convert)

    def explain_examples(
        self, run_id: str, indices: Sequence[int], timeout: Optional[float] = DATASET_TIMEOUT_S
    ) -> scoring_service_pb2.ExplainExamplesResponse:
        """Why examples of a run were kept or dropped, round by round."""
        request = scoring_service_pb2.ExplainExamplesRequest(run_id=run_id, indices=indices)
        return call(self._stub.ExplainExamples, request, timeout)

    def get_examples(
        self, request: scoring_service_pb2.GetExamplesRequest, timeout: Optional[float] = DATASET_TIMEOUT_S
    ) -> list[scoring_service_pb2.ExampleImage]:
        """Training examples of a data set of the service's, as PNG files with labels."""
        return list(call(self._stub.GetExamples, request, timeout).examples)


def _examples(given: Optional[int], first: SignalBatch, whole: bool) -> int:
    if given is not None:
        return given
    if not whole:
        raise ValueError("batches= needs examples=, the number of examples in all batches")
    return len(first.labels)


def _classes(given: Optional[int], first: SignalBatch) -> int:
    found = given if given is not None else width_of(first, "logits", "adversarial_logits")
    if found is None:
        raise ValueError("without logits, classes= has to be given")
    return found


def _fallback(name: Optional[str]) -> selection_pb2.ScorerFallback:
    if name not in _FALLBACKS:
        raise ValueError(f"fallback is {name!r}; it can be None, 'last-set' or 'random'")
    return _FALLBACKS[name]


def _index_set_after(progress: Optional[Progress]) -> Callable[[Any], Any]:
    """Takes an answer of a selection: tells progress, and gives the set when it comes."""

    def take(
        answer: Union[scoring_service_pb2.SelectFromSignalsResponse, scoring_service_pb2.SelectSubsetResponse],
    ) -> Any:
        if answer.WhichOneof("part") == "index_set":
            return answer.index_set
        if progress is not None and answer.WhichOneof("part") == "progress":
            progress(answer.progress)
        return None

    return take


def _present(message: Any) -> Any:
    if message is None:
        raise WinnowError(grpc.StatusCode.INTERNAL, "the service ended the selection without a set")
    return message
