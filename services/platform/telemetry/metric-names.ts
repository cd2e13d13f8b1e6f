/** What an instrument is, by OpenTelemetry's kinds; a gauge is set until it is cleared, an observed one is asked. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'observed';
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  /** Keys of its attributes: few values each, never an id that grows without bound, but for the run's, of which few are active. */
  readonly attributes: readonly string[];
}

/** Seconds of calls and messages, from a millisecond to a minute. */
export const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds of scoring rounds, from one to hours. */
export const ROUND_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];

/** Every metric of Winnow, by name: the one registry of them. */
export const metricDefinitions = {
  'rpc.server.call.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long calls took, streams to their end',
    attributes: ['rpc.system.name', 'rpc.method', 'rpc.response.status_code'],
  },
  'messaging.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long it took until JetStream had acknowledged a message',
    attributes: ['messaging.system', 'messaging.operation.name', 'messaging.destination.template', 'error.type'],
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long handling a message took',
    attributes: ['messaging.system', 'messaging.operation.name', 'messaging.destination.template', 'error.type'],
  },
  'winnow.runs': {
    kind: 'observed',
    unit: '{run}',
    description: 'Runs in the records, by state',
    attributes: ['winnow.state'],
  },
  'winnow.run.phase.time': {
    kind: 'counter',
    unit: 's',
    description: 'Time that runs have spent, by phase: attack, update, scoring, waiting, publishing, evaluation',
    attributes: ['winnow.phase'],
  },
  'winnow.run.examples': {
    kind: 'counter',
    unit: '{example}',
    description: 'Examples that runs have trained on; its rate is the examples per second',
    attributes: ['winnow.objective'],
  },
  'winnow.run.passes': {
    kind: 'counter',
    unit: '{pass}',
    description: 'Passes through the network, one example each',
    attributes: ['winnow.direction'],
  },
  'winnow.run.passes.saved': {
    kind: 'gauge',
    unit: '{pass}',
    description:
      'Passes that pruning and the attack policy have saved so far against full data at a fixed budget; below 0 until scoring has paid off',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.epochs': {
    kind: 'counter',
    unit: '{epoch}',
    description: 'Epochs that have ended',
    attributes: [],
  },
  'winnow.run.kept_share': {
    kind: 'gauge',
    unit: '1',
    description: 'Share of the training examples that the last epoch trained on',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.loss': {
    kind: 'gauge',
    unit: '1',
    description: 'Mean loss of the last epoch',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.attack_success': {
    kind: 'gauge',
    unit: '1',
    description: 'Share of attacked training examples of the last epoch that were classified wrongly',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.clean_accuracy': {
    kind: 'gauge',
    unit: '1',
    description: 'Accuracy on clean examples where last measured: test ones, or those held out',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.robust_accuracy': {
    kind: 'gauge',
    unit: '1',
    description: 'Accuracy on attacked examples where last measured: test ones, or those held out',
    attributes: ['winnow.run_id'],
  },
  'winnow.run.attack_group_share': {
    kind: 'gauge',
    unit: '1',
    description: 'Share of the last epoch’s examples in each of the attack policy’s groups (Bullet-Train)',
    attributes: ['winnow.run_id', 'winnow.attack_group'],
  },
  'winnow.run.staleness': {
    kind: 'gauge',
    unit: '{epoch}',
    description: 'Epochs that training has gone on since its index set was asked for, at the last epoch’s beginning',
    attributes: ['winnow.run_id'],
  },
  'winnow.round.latency': {
    kind: 'histogram',
    unit: 's',
    description: 'From a round’s request to its index set at the trainer',
    attributes: ['winnow.scorer', 'winnow.outcome'],
  },
  'winnow.selection.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long attacking, scoring and selecting took',
    attributes: ['winnow.scorer', 'winnow.outcome'],
  },
  'winnow.selection.examples': {
    kind: 'counter',
    unit: '{example}',
    description: 'Examples that selections have looked at; its rate is the scoring throughput',
    attributes: ['winnow.scorer'],
  },
  'winnow.requests.waiting': {
    kind: 'observed',
    unit: '{request}',
    description: 'Selection requests that wait or are being answered: the queue’s lag',
    attributes: [],
  },
  'winnow.process.memory': {
    kind: 'observed',
    unit: 'By',
    description: 'Resident memory of the process, tensors on a CPU among it',
    attributes: [],
  },
  'winnow.tensor.memory': {
    kind: 'observed',
    unit: 'By',
    description: 'Memory of the tensors that the tensor thread held when it last reported, on its device',
    attributes: ['winnow.device'],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The name of a metric. */
export type MetricName = keyof typeof metricDefinitions;
/** Names of one kind. */
export type MetricOf<K extends MetricDefinition['kind']> = {
  [N in MetricName]: (typeof metricDefinitions)[N]['kind'] extends K ? N : never;
}[MetricName];
/** Attributes that a metric may have. */
export type MetricAttributes<N extends MetricName> = {
  readonly [A in (typeof metricDefinitions)[N]['attributes'][number]]?: string | number;
};
