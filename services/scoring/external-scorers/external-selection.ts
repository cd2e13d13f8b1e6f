import { create, equals } from '@bufbuild/protobuf';
import { type Cost, CostSchema } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import {
  type ScorerDescription,
  ScorerDescriptionSchema,
  ScorerOutput,
  Signal,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError, invalidField } from '../../app-error.ts';
import { withSpan } from '../../platform/telemetry/trace.ts';
import type { WorkThread } from '../../platform/thread/work-thread.ts';
import { keepCount, resolveParameters } from '../../selection/registry.ts';
import type { FollowOptions } from '../follow-options.ts';
import type {
  ScoreProgress,
  ScoreRequest,
  ScoreResult,
  SelectRequest,
  SelectResult,
  Target,
} from '../score-messages.ts';
import { secondsSince } from '../seconds-since.ts';
import type { SelectSignalsRequest, SelectSignalsResult } from '../select-signals.ts';
import { gatheredBuffers } from '../shards/gathered-signals.ts';
import type { Answer } from './answer-reader.ts';
import { descriptionProblem } from './check-description.ts';
import type { ChooseRequest, ChooseResult, MeasureRequest, MeasureResult } from './external-messages.ts';
import type { ScorerConnection } from './scorer-connection.ts';
import { ScorerFailure } from './scorer-failure.ts';
import type { ScorerRegistry } from './scorer-registry.ts';

/** For which run and round a scorer is called; empty and 0 on request. */
export interface Round {
  readonly runId: string;
  readonly round: number;
}

/** A scorer that was found, answers and is ready. */
interface OpenScorer {
  readonly connection: ScorerConnection;
  readonly description: ScorerDescription;
  readonly parameters: Record<string, number>;
}

interface Scored {
  readonly answer: Answer;
  readonly measured: MeasureResult;
  readonly k: number;
  readonly description: ScorerDescription;
}

const FEATURES: readonly Signal[] = [Signal.CLEAN_FEATURES, Signal.ADVERSARIAL_FEATURES];

/**
 * Scores and selects by scorers that run as services: the tensor thread measures, this thread calls the scorer, the tensor
 * thread ranks what it gave.
 */
export class ExternalSelection {
  readonly #registry: ScorerRegistry;
  readonly #thread: WorkThread;

  constructor(registry: ScorerRegistry, thread: WorkThread) {
    this.#registry = registry;
    this.#thread = thread;
  }

  /** A subset. UNKNOWN_SCORER; SCORER_FAILED says what the scorer did; as the work 'select'. */
  async select(request: SelectRequest, at: Round, follow: FollowOptions): Promise<SelectResult> {
    const { target, selection, previous, ...rest } = request;
    const started = beginOf(rest);
    const { answer, measured, k, description } = await this.#score(
      { ...rest, target },
      selection,
      (examples) => keepCount(selection.fraction, examples),
      at,
      follow,
    );
    const { signals, dataset, ignoredSignals } = measured;
    const chosen = await this.#thread.run<ChooseResult>(
      'choose',
      {
        answer,
        labels: signals.labels,
        classes: signals.classes,
        k,
        classFloor: selection.classFloor,
        ...(previous && { previous }),
      } satisfies ChooseRequest,
      { signal: follow.signal },
    );
    const { scores, ...subset } = chosen;
    return {
      ...subset,
      scorerVersion: description.version,
      ...(scores && { scores: { values: scores, meaning: meaningOf(description) } }),
      ...(ignoredSignals !== undefined && { ignoredSignals }),
      dataset,
      cost: costUntilNow(measured.cost, started),
    };
  }

  /** A subset of examples whose signals a caller measured. Errors as `select`. */
  async selectSignals(request: SelectSignalsRequest, at: Round, follow: FollowOptions): Promise<SelectSignalsResult> {
    const started = performance.now();
    const { signals, selection, k, previous } = request;
    const open = await this.#open(selection, false, follow.signal);
    try {
      const answer = await this.#call(open, request, { signals }, { ...at, k }, follow);
      const { labels, classes } = signals;
      const choice: ChooseRequest = { answer, labels, classes, k, classFloor: selection.classFloor };
      const { scores: _, ...subset } = await this.#thread.run<ChooseResult>(
        'choose',
        { ...choice, ...(previous && { previous }) },
        { signal: follow.signal },
      );
      return { ...subset, scorerVersion: open.description.version, seconds: secondsSince(started) };
    } finally {
      open.connection.close();
    }
  }

  /** One score per example. INVALID_FIELD (scorer) for a scorer that makes sets; else as `select`. */
  async score(request: ScoreRequest, follow: FollowOptions): Promise<ScoreResult> {
    const started = performance.now();
    const { target, scorer, parameters } = request;
    const all = (examples: number) => examples;
    const { answer, measured } = await this.#score({ target }, { scorer, parameters }, all, NO_RUN, follow);
    // a set was refused before it was asked for
    if (!('scores' in answer)) throw notScores(scorer);
    return { scores: answer.scores, dataset: measured.dataset, cost: costUntilNow(measured.cost, started) };
  }

  async #score(
    what: Omit<MeasureRequest, 'needed'>,
    asked: { readonly scorer: string; readonly parameters: Readonly<Record<string, number>> },
    keep: (examples: number) => number,
    at: Round | typeof NO_RUN,
    follow: FollowOptions,
  ): Promise<Scored> {
    const started = beginOf(what);
    const open = await this.#open(asked, at === NO_RUN, follow.signal);
    let cost: Cost | undefined;
    try {
      const request: MeasureRequest = { ...what, needed: open.description.signals };
      const measured = await this.#thread.run<MeasureResult>('measure', request, {
        signal: follow.signal,
        transfer: what.gathered && gatheredBuffers(what.gathered),
        onProgress: (progress) => follow.onProgress?.(progress as ScoreProgress),
      });
      cost = measured.cost;
      const k = keep(measured.signals.examples);
      const round = at === NO_RUN ? { runId: '', round: 0 } : at;
      const answer = await this.#call(open, what.target, measured, { ...round, k }, follow);
      return { answer, measured, k, description: open.description };
    } catch (error) {
      if (!(error instanceof ScorerFailure) || !cost) throw error;
      throw new ScorerFailure(error.message, { cause: error.cause, cost: costUntilNow(cost, started) });
    } finally {
      open.connection.close();
    }
  }

  /** Finds the scorer, asks it what it is now, which may be more than what is known, and waits until it is ready. */
  async #open(
    asked: { readonly scorer: string; readonly parameters: Readonly<Record<string, number>> },
    scoresOnly: boolean,
    signal: AbortSignal | undefined,
  ): Promise<OpenScorer> {
    const known = await this.#registry.find(asked.scorer);
    if (scoresOnly && known.description.output !== ScorerOutput.SCORES) throw notScores(asked.scorer);
    const connection = connectOrFail(this.#registry, known);
    try {
      const description = await connection.describe({ signal, patient: true });
      checkStillTheSame(description, known.description, connection);
      if (!equals(ScorerDescriptionSchema, description, known.description)) {
        await this.#registry.update({ ...known, description });
      }
      const parameters = parametersOf(description, asked.parameters, connection);
      await connection.untilReady(signal);
      return { connection, description, parameters };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #call(
    { connection, description, parameters }: OpenScorer,
    { objective, attack, dataset, seed }: Pick<Target, 'objective' | 'seed'> & Partial<Target>,
    { signals }: Pick<MeasureResult, 'signals'>,
    { k, runId, round }: Round & { readonly k: number },
    { signal, onProgress }: FollowOptions,
  ): Promise<Answer> {
    const { examples, classes } = signals;
    const features = description.signals.some((needed) => FEATURES.includes(needed)) ? signals.features : 0;
    const setting = {
      examples,
      classes,
      features,
      keep: k,
      seed,
      parameters,
      ...(dataset && { dataset }),
      runId,
      round,
    };
    const attributes = { 'winnow.scorer': description.name, 'winnow.examples': examples, 'winnow.kept': k };
    return withSpan('winnow.scorer.call', { ...attributes, 'winnow.run_id': runId, 'winnow.round': round }, () =>
      connection.score(
        {
          description,
          setting: { ...setting, objective: { ...objective, ...(attack && { attack }) } },
          signals,
          onSent: (done) => onProgress?.({ phase: 'select', done, total: examples }),
        },
        signal,
      ),
    );
  }
}

const NO_RUN = 'no run';

function notScores(scorer: string): AppError {
  return invalidField('scorer', `'${scorer}' makes sets, not scores; call SelectSubset`);
}

/** What scores of a scorer mean, in one sentence. */
function meaningOf({ name }: ScorerDescription): string {
  return `The score that the scorer '${name}' gives: the highest are kept.`;
}

/** When the work for a request began, by performance.now(): what was gathered for it was waited for before. */
function beginOf({ gathered }: Pick<MeasureRequest, 'gathered'>): number {
  return performance.now() - 1000 * (gathered?.seconds ?? 0);
}

/** The cost of measuring, and of all that took place since `started` with it. */
function costUntilNow({ seconds, passes }: Cost, started: number): Cost {
  const total = secondsSince(started);
  const attack = seconds?.attack ?? 0;
  return create(CostSchema, { seconds: { attack, scoring: total - attack, total }, ...(passes && { passes }) });
}

function failure({ name, address }: ScorerConnection, what: string): ScorerFailure {
  return new ScorerFailure(`scorer '${name}' at ${address} ${what}`);
}

function connectOrFail(registry: ScorerRegistry, known: Parameters<ScorerRegistry['connect']>[0]): ScorerConnection {
  try {
    return registry.connect(known);
  } catch (error) {
    if (!(error instanceof AppError) || error.reason !== ErrorReason.INVALID_FIELD) throw error;
    throw new ScorerFailure(`scorer '${known.description.name}' can't be called: ${error.message}`, { cause: error });
  }
}

function checkStillTheSame(now: ScorerDescription, known: ScorerDescription, connection: ScorerConnection): void {
  if (now.name !== known.name) throw failure(connection, `is '${now.name.slice(0, 64)}' by now; register it again`);
  const problem = descriptionProblem(now);
  if (problem) throw failure(connection, `breaks the contract: ${problem}`);
  if (now.output !== known.output) throw failure(connection, 'gives something else than it said; register it again');
}

function parametersOf(
  description: ScorerDescription,
  given: Readonly<Record<string, number>>,
  connection: ScorerConnection,
): Record<string, number> {
  try {
    return Object.fromEntries(resolveParameters(description, given));
  } catch (error) {
    throw failure(connection, `has other parameters by now: ${(error as Error).message}`);
  }
}
