"""The first message of a call, checked."""

from __future__ import annotations

from typing import Callable, Mapping

from winnow.scorer.base import BadSetting, Parameter, Scorer, Setting
from winnow.v1 import scorer_service_pb2 as pb


def read_setting(scorer: Scorer, message: pb.ScoringSetting, is_wanted: Callable[[], bool]) -> Setting:
    """What is asked for; BadSetting where the scorer can't be asked for it. Parameters left out get their default."""
    if message.examples < 1:
        raise BadSetting("setting.examples", "must be at least 1")
    if message.classes < 1:
        raise BadSetting("setting.classes", "must be at least 1")
    if not 1 <= message.keep <= message.examples:
        raise BadSetting("setting.keep", f"is {message.keep}; must be at least 1 and at most {message.examples}")
    if message.features == 0 and any(signal.endswith("_features") for signal in scorer.signals):
        raise BadSetting("setting.features", "is 0, but this scorer needs features; send their dimensions and values")
    return Setting(
        examples=message.examples,
        classes=message.classes,
        features=message.features,
        keep=message.keep,
        seed=message.seed,
        parameters=_parameters(scorer, message.parameters),
        objective=message.objective,
        dataset=message.dataset if message.HasField("dataset") else None,
        run_id=message.run_id,
        round=message.round,
        is_wanted=is_wanted,
    )


def _parameters(scorer: Scorer, given: Mapping[str, float]) -> dict[str, float]:
    known = [parameter.name for parameter in scorer.parameters]
    for name in given:
        if name not in known:
            has = ", ".join(known) or "none"
            raise BadSetting(f"setting.parameters.{name}", f"is no parameter of {scorer.name}; it has: {has}")
    return {one.name: _value(one, given[one.name] if one.name in given else one.default) for one in scorer.parameters}


def _value(parameter: Parameter, value: float) -> float:
    # Written so that NaN is refused.
    if not parameter.minimum <= value <= parameter.maximum or (parameter.integer and value % 1):
        kind = "a whole number" if parameter.integer else "a number"
        bounds = f"from {parameter.minimum:g} to {parameter.maximum:g}"
        raise BadSetting(f"setting.parameters.{parameter.name}", f"is {value:g}; must be {kind} {bounds}")
    return int(value) if parameter.integer else value
