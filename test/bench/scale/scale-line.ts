/** A round with 1 and 2 scoring processes. */
export interface RoundLine {
  readonly bench: 'scale';
  readonly what: 'round';
  readonly examples: number;
  readonly shards: number;
  readonly model: string;
  readonly attackSteps: number;
  readonly scorer: string;
  readonly threadsPerProcess: number;
  readonly rounds: number;
  /** The median round from request to set, selection included. */
  readonly oneProcessSeconds: number;
  readonly twoProcessesSeconds: number;
  readonly ratio: number;
  /** The part that is spread, without the selection. */
  readonly measuringRatio: number;
  /** Whether indices, weights and all else that a set says of its making are equal to the byte. */
  readonly sameSet: boolean;
}

/** What the simulation starts from: measured, but for the sizes. */
export interface Costs {
  /** Attack and forward passes of one example on one replica. */
  readonly secondsPerExample: number;
  /** Beside them, to each shard, on the replica: taking it, weights, storing and telling; and on the owner's side of it. */
  readonly overheadSecondsPerShard: number;
  /** Selection, one class after the other, of an example of the data set. */
  readonly selectSecondsPerExample: number;
  /** From request to set outside measuring and selecting: labels, publishing. */
  readonly publishSeconds: number;
  /** What the owner takes from the store and puts in place in a second. */
  readonly gatherBytesPerSecond: number;
}

/** The round that is simulated. */
export interface SimulatedRound {
  readonly examples: number;
  readonly shards: number;
  readonly bytesPerExample: number;
}

/** A simulated round with some replicas. */
export interface SimulationLine extends Costs, SimulatedRound {
  readonly bench: 'scale';
  readonly what: 'simulation';
  readonly replicas: number;
  readonly seconds: number;
  readonly speedup: number;
  /** Speedup per replica. */
  readonly efficiency: number;
  /** What the time is bound by: the replicas, or the owner's gathering. */
  readonly boundBy: 'measuring' | 'gathering';
}

/** Where more replicas stop paying. */
export interface LimitLine {
  readonly bench: 'scale';
  readonly what: 'limit';
  /** Twice as many replicas than these save less than `leastGain` of the round. */
  readonly stopsPayingAt: number;
  readonly leastGain: number;
  readonly secondsThere: number;
  readonly speedupThere: number;
  readonly model: string;
  readonly assumptions: readonly string[];
}

/** A line of `bench scale`. */
export type ScaleLine = RoundLine | SimulationLine | LimitLine;
