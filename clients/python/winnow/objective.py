"""Objectives by name."""

from __future__ import annotations

from typing import Union

from winnow.v1 import objective_pb2

Objective = Union[str, objective_pb2.ObjectiveSpec]
"""An ObjectiveSpec, or "at", "trades" or "mart" with the published weight."""


def objective_spec(objective: Objective) -> objective_pb2.ObjectiveSpec:
    """The message of an objective; ValueError for a name that is not known."""
    if not isinstance(objective, str):
        return objective
    name = f"OBJECTIVE_KIND_{objective.upper()}"
    if name not in objective_pb2.ObjectiveKind.keys() or objective.lower() == "unspecified":
        raise ValueError(f"the objective {objective!r} is not known; it can be 'at', 'trades' or 'mart'")
    return objective_pb2.ObjectiveSpec(kind=objective_pb2.ObjectiveKind.Value(name))
