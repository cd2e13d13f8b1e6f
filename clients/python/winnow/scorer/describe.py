"""A scorer's description as a message."""

from __future__ import annotations

import re

from winnow.scorer.base import Parameter, Scorer
from winnow.v1 import scorer_service_pb2 as pb

SIGNALS = {
    "labels": pb.SIGNAL_LABEL,
    "clean_logits": pb.SIGNAL_CLEAN_LOGITS,
    "adversarial_logits": pb.SIGNAL_ADVERSARIAL_LOGITS,
    "clean_features": pb.SIGNAL_CLEAN_FEATURES,
    "adversarial_features": pb.SIGNAL_ADVERSARIAL_FEATURES,
    "adversarial_losses": pb.SIGNAL_ADVERSARIAL_LOSSES,
    "adversarial_margins": pb.SIGNAL_ADVERSARIAL_MARGINS,
}
"""Signals by their field of ExampleBatch."""

OUTPUTS = {"scores": pb.SCORER_OUTPUT_SCORES, "set": pb.SCORER_OUTPUT_SET}

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")


def describe(scorer: Scorer) -> pb.ScorerDescription:
    """The description; ValueError where it would break the contract, before anybody is served."""
    kind = type(scorer).__name__
    for attribute in ("name", "version", "summary", "signals"):
        if not getattr(scorer, attribute, None):
            raise ValueError(f"{kind}.{attribute} is missing")
    if not _NAME.fullmatch(scorer.name):
        raise ValueError(f"{kind}.name is {scorer.name!r}; it must be lower case, digits and '-'")
    if scorer.output not in OUTPUTS:
        raise ValueError(f"{kind}.output is {scorer.output!r}; it must be one of {', '.join(OUTPUTS)}")
    unknown = [signal for signal in scorer.signals if signal not in SIGNALS]
    if unknown:
        raise ValueError(f"{kind}.signals has {unknown[0]!r}; there are {', '.join(SIGNALS)}")
    return pb.ScorerDescription(
        name=scorer.name,
        version=scorer.version,
        summary=scorer.summary,
        parameters=[_parameter(kind, parameter) for parameter in scorer.parameters],
        signals=[SIGNALS[signal] for signal in dict.fromkeys(scorer.signals)],
        output=OUTPUTS[scorer.output],
    )


def _parameter(kind: str, parameter: Parameter) -> pb.ScorerParameter:
    if not _PARAMETER.fullmatch(parameter.name):
        raise ValueError(f"{kind}: the parameter's name {parameter.name!r} must be lower case, digits and '_'")
    if not parameter.minimum <= parameter.default <= parameter.maximum:
        raise ValueError(f"{kind}: the default of {parameter.name} lies outside its bounds")
    if parameter.integer and any(value % 1 for value in (parameter.default, parameter.minimum, parameter.maximum)):
        raise ValueError(f"{kind}: {parameter.name} takes whole numbers, and its default or bounds are none")
    return pb.ScorerParameter(
        name=parameter.name,
        description=parameter.description,
        default_value=parameter.default,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        integer=parameter.integer,
    )
