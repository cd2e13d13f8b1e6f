from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winnow.v1 import attack_policy_pb2 as _attack_policy_pb2
from winnow.v1 import autoattack_pb2 as _autoattack_pb2
from winnow.v1 import cost_pb2 as _cost_pb2
from winnow.v1 import dataset_pb2 as _dataset_pb2
from winnow.v1 import error_reason_pb2 as _error_reason_pb2
from winnow.v1 import model_pb2 as _model_pb2
from winnow.v1 import objective_pb2 as _objective_pb2
from winnow.v1 import selection_pb2 as _selection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Schedule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEDULE_UNSPECIFIED: _ClassVar[Schedule]
    SCHEDULE_CONSTANT: _ClassVar[Schedule]
    SCHEDULE_COSINE: _ClassVar[Schedule]
    SCHEDULE_STEP: _ClassVar[Schedule]

class RunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATE_UNSPECIFIED: _ClassVar[RunState]
    RUN_STATE_QUEUED: _ClassVar[RunState]
    RUN_STATE_RUNNING: _ClassVar[RunState]
    RUN_STATE_WAITING: _ClassVar[RunState]
    RUN_STATE_SUCCEEDED: _ClassVar[RunState]
    RUN_STATE_FAILED: _ClassVar[RunState]
    RUN_STATE_CANCELLED: _ClassVar[RunState]

class Split(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPLIT_UNSPECIFIED: _ClassVar[Split]
    SPLIT_TEST: _ClassVar[Split]
    SPLIT_VALIDATION: _ClassVar[Split]
SCHEDULE_UNSPECIFIED: Schedule
SCHEDULE_CONSTANT: Schedule
SCHEDULE_COSINE: Schedule
SCHEDULE_STEP: Schedule
RUN_STATE_UNSPECIFIED: RunState
RUN_STATE_QUEUED: RunState
RUN_STATE_RUNNING: RunState
RUN_STATE_WAITING: RunState
RUN_STATE_SUCCEEDED: RunState
RUN_STATE_FAILED: RunState
RUN_STATE_CANCELLED: RunState
SPLIT_UNSPECIFIED: Split
SPLIT_TEST: Split
SPLIT_VALIDATION: Split

class RunSpec(_message.Message):
    __slots__ = ("name", "dataset", "model", "objective", "selection", "optimiser", "epochs", "batch_size", "seed", "precision", "evaluation", "augment", "attack_policy")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    OPTIMISER_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    AUGMENT_FIELD_NUMBER: _ClassVar[int]
    ATTACK_POLICY_FIELD_NUMBER: _ClassVar[int]
    name: str
    dataset: _dataset_pb2.DatasetSpec
    model: _model_pb2.ModelSpec
    objective: _objective_pb2.ObjectiveSpec
    selection: _selection_pb2.SelectionSpec
    optimiser: OptimiserSpec
    epochs: int
    batch_size: int
    seed: int
    precision: _model_pb2.Precision
    evaluation: EvaluationSpec
    augment: bool
    attack_policy: _attack_policy_pb2.AttackPolicySpec
    def __init__(self, name: _Optional[str] = ..., dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., model: _Optional[_Union[_model_pb2.ModelSpec, _Mapping]] = ..., objective: _Optional[_Union[_objective_pb2.ObjectiveSpec, _Mapping]] = ..., selection: _Optional[_Union[_selection_pb2.SelectionSpec, _Mapping]] = ..., optimiser: _Optional[_Union[OptimiserSpec, _Mapping]] = ..., epochs: _Optional[int] = ..., batch_size: _Optional[int] = ..., seed: _Optional[int] = ..., precision: _Optional[_Union[_model_pb2.Precision, str]] = ..., evaluation: _Optional[_Union[EvaluationSpec, _Mapping]] = ..., augment: bool = ..., attack_policy: _Optional[_Union[_attack_policy_pb2.AttackPolicySpec, _Mapping]] = ...) -> None: ...

class OptimiserSpec(_message.Message):
    __slots__ = ("learning_rate", "momentum", "weight_decay", "schedule", "warmup_updates")
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    WARMUP_UPDATES_FIELD_NUMBER: _ClassVar[int]
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: Schedule
    warmup_updates: int
    def __init__(self, learning_rate: _Optional[float] = ..., momentum: _Optional[float] = ..., weight_decay: _Optional[float] = ..., schedule: _Optional[_Union[Schedule, str]] = ..., warmup_updates: _Optional[int] = ...) -> None: ...

class EvaluationSpec(_message.Message):
    __slots__ = ("attack", "examples", "every_epochs", "progress_examples")
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    EVERY_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    attack: _objective_pb2.AttackSpec
    examples: int
    every_epochs: int
    progress_examples: int
    def __init__(self, attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ..., examples: _Optional[int] = ..., every_epochs: _Optional[int] = ..., progress_examples: _Optional[int] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("id", "spec", "state", "dataset", "epochs_done", "history", "rounds", "result", "cost", "checkpoint", "failure", "created_at", "started_at", "ended_at", "device", "best")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_DONE_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    id: str
    spec: RunSpec
    state: RunState
    dataset: _dataset_pb2.DatasetInfo
    epochs_done: int
    history: _containers.RepeatedCompositeFieldContainer[EpochMetrics]
    rounds: _containers.RepeatedCompositeFieldContainer[AppliedRound]
    result: Evaluation
    cost: _cost_pb2.Cost
    checkpoint: _model_pb2.CheckpointRef
    failure: RunFailure
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    device: str
    best: BestModel
    def __init__(self, id: _Optional[str] = ..., spec: _Optional[_Union[RunSpec, _Mapping]] = ..., state: _Optional[_Union[RunState, str]] = ..., dataset: _Optional[_Union[_dataset_pb2.DatasetInfo, _Mapping]] = ..., epochs_done: _Optional[int] = ..., history: _Optional[_Iterable[_Union[EpochMetrics, _Mapping]]] = ..., rounds: _Optional[_Iterable[_Union[AppliedRound, _Mapping]]] = ..., result: _Optional[_Union[Evaluation, _Mapping]] = ..., cost: _Optional[_Union[_cost_pb2.Cost, _Mapping]] = ..., checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., failure: _Optional[_Union[RunFailure, _Mapping]] = ..., created_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., device: _Optional[str] = ..., best: _Optional[_Union[BestModel, _Mapping]] = ...) -> None: ...

class BestModel(_message.Message):
    __slots__ = ("epoch", "checkpoint", "validation", "result")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    checkpoint: _model_pb2.CheckpointRef
    validation: Evaluation
    result: Evaluation
    def __init__(self, epoch: _Optional[int] = ..., checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., validation: _Optional[_Union[Evaluation, _Mapping]] = ..., result: _Optional[_Union[Evaluation, _Mapping]] = ...) -> None: ...

class RunFailure(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: _error_reason_pb2.ErrorReason
    message: str
    def __init__(self, reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ...) -> None: ...

class AppliedRound(_message.Message):
    __slots__ = ("round", "from_epoch", "kept", "quality")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    FROM_EPOCH_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    round: int
    from_epoch: int
    kept: int
    quality: _selection_pb2.SelectionQuality
    def __init__(self, round: _Optional[int] = ..., from_epoch: _Optional[int] = ..., kept: _Optional[int] = ..., quality: _Optional[_Union[_selection_pb2.SelectionQuality, _Mapping]] = ...) -> None: ...

class EpochMetrics(_message.Message):
    __slots__ = ("epoch", "loss", "train_robust_accuracy", "learning_rate", "examples", "updates", "seconds", "evaluation", "attack_groups")
    class AttackGroupsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    TRAIN_ROBUST_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    ATTACK_GROUPS_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    loss: float
    train_robust_accuracy: float
    learning_rate: float
    examples: int
    updates: int
    seconds: float
    evaluation: Evaluation
    attack_groups: _containers.ScalarMap[str, int]
    def __init__(self, epoch: _Optional[int] = ..., loss: _Optional[float] = ..., train_robust_accuracy: _Optional[float] = ..., learning_rate: _Optional[float] = ..., examples: _Optional[int] = ..., updates: _Optional[int] = ..., seconds: _Optional[float] = ..., evaluation: _Optional[_Union[Evaluation, _Mapping]] = ..., attack_groups: _Optional[_Mapping[str, int]] = ...) -> None: ...

class Evaluation(_message.Message):
    __slots__ = ("clean_accuracy", "robust_accuracy", "attack", "attack_name", "examples", "seconds", "split", "warnings", "auto_attack", "worst_case_accuracy")
    CLEAN_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    ROBUST_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    ATTACK_NAME_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    AUTO_ATTACK_FIELD_NUMBER: _ClassVar[int]
    WORST_CASE_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    clean_accuracy: float
    robust_accuracy: float
    attack: _objective_pb2.AttackSpec
    attack_name: str
    examples: int
    seconds: float
    split: Split
    warnings: _containers.RepeatedScalarFieldContainer[str]
    auto_attack: _autoattack_pb2.AutoAttackResult
    worst_case_accuracy: float
    def __init__(self, clean_accuracy: _Optional[float] = ..., robust_accuracy: _Optional[float] = ..., attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ..., attack_name: _Optional[str] = ..., examples: _Optional[int] = ..., seconds: _Optional[float] = ..., split: _Optional[_Union[Split, str]] = ..., warnings: _Optional[_Iterable[str]] = ..., auto_attack: _Optional[_Union[_autoattack_pb2.AutoAttackResult, _Mapping]] = ..., worst_case_accuracy: _Optional[float] = ...) -> None: ...
