"""The messages of requests and answers, in one place; what they mean is in the proto files."""

from winnow.v1.attack_policy_pb2 import AttackPolicySpec
from winnow.v1.autoattack_pb2 import AutoAttackSpec
from winnow.v1.dataset_pb2 import DatasetSpec
from winnow.v1.model_pb2 import CheckpointRef, ModelSpec
from winnow.v1.objective_pb2 import (
    OBJECTIVE_KIND_AT,
    OBJECTIVE_KIND_MART,
    OBJECTIVE_KIND_TRADES,
    AttackSpec,
    ObjectiveSpec,
)
from winnow.v1.run_pb2 import (
    RUN_STATE_CANCELLED,
    RUN_STATE_FAILED,
    RUN_STATE_SUCCEEDED,
    SCHEDULE_CONSTANT,
    SCHEDULE_COSINE,
    SCHEDULE_STEP,
    Evaluation,
    EvaluationSpec,
    OptimiserSpec,
    Run,
    RunSpec,
)
from winnow.v1.scoring_service_pb2 import GetExamplesRequest, ScoreDatasetRequest, ScoringTarget, WorkProgress
from winnow.v1.selection_pb2 import SelectionSpec
from winnow.v1.training_service_pb2 import EpochProgress, EvaluateModelRequest

__all__ = [
    "AttackPolicySpec",
    "AttackSpec",
    "AutoAttackSpec",
    "CheckpointRef",
    "DatasetSpec",
    "EpochProgress",
    "EvaluateModelRequest",
    "Evaluation",
    "EvaluationSpec",
    "GetExamplesRequest",
    "ModelSpec",
    "OBJECTIVE_KIND_AT",
    "OBJECTIVE_KIND_MART",
    "OBJECTIVE_KIND_TRADES",
    "ObjectiveSpec",
    "OptimiserSpec",
    "RUN_STATE_CANCELLED",
    "RUN_STATE_FAILED",
    "RUN_STATE_SUCCEEDED",
    "Run",
    "RunSpec",
    "SCHEDULE_CONSTANT",
    "SCHEDULE_COSINE",
    "SCHEDULE_STEP",
    "ScoreDatasetRequest",
    "ScoringTarget",
    "SelectionSpec",
    "WorkProgress",
]
