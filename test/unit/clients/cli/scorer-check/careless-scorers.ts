import { setTimeout as sleep } from 'node:timers/promises';
import { scorerService } from '../../../../../clients/node/scorer/scorer-service.ts';
import { ErrorReason } from '../../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { ExampleBatch, ScoringSetting } from '../../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../../../../../services/app-error.ts';
import type { ScorerImpl } from './check-served.ts';
import { properScores } from './proper-scorers.ts';

// As long as the check waits at most before it cancels.
const WORK_MS = 300;
const SETTLE_MS = 20;

const never = () => new Promise<never>(() => undefined);

function scoresOf(batches: readonly ExampleBatch[], { classes, parameters }: ScoringSetting): number[] {
  return batches.flatMap(({ labels, adversarialLogits }) =>
    labels.map(
      (label, i) => (parameters.shift ?? 0) - (parameters.scale ?? 1) * (adversarialLogits[i * classes + label] ?? 0),
    ),
  );
}

/** A scorer that believes everything: right for proper input, accepting all other. */
export function believer(): ScorerImpl {
  return {
    ...scorerService(properScores),
    async *scoreExamples(requests) {
      let setting: ScoringSetting | undefined;
      const batches: ExampleBatch[] = [];
      for await (const { part } of requests) {
        if (part.case === 'setting') setting = part.value;
        if (part.case === 'batch') batches.push(part.value);
      }
      const scores = setting === undefined ? [] : scoresOf(batches, setting);
      yield { part: { case: 'scores', value: { firstIndex: 0, scores } } };
    },
  };
}

/** A proper scorer around whose calls something goes wrong. */
function around(wrong: (answer: ScorerImpl['scoreExamples']) => ScorerImpl['scoreExamples']): ScorerImpl {
  const proper = scorerService(properScores);
  return { ...proper, scoreExamples: wrong(proper.scoreExamples) };
}

/** Refuses bad input, but with another status. */
export function vague(): ScorerImpl {
  return around(
    (proper) =>
      async function* vagueAnswer(requests, context) {
        try {
          yield* proper(requests, context);
        } catch {
          throw new AppError(ErrorReason.WRONG_STATE, 'something is wrong');
        }
      },
  );
}

/** Hangs on bad input. */
export function hanging(): ScorerImpl {
  return around(
    (proper) =>
      async function* hangingAnswer(requests, context) {
        try {
          yield* proper(requests, context);
        } catch {
          await never();
        }
      },
  );
}

/** Is never the same again after it has refused something. */
export function resentful(): ScorerImpl {
  let refused = false;
  return around(
    (proper) =>
      async function* resentfulAnswer(requests, context) {
        try {
          for await (const response of proper(requests, context)) {
            const { part } = response;
            const isSpoilt = refused && part?.case === 'scores';
            yield isSpoilt
              ? { part: { case: 'scores', value: { ...part.value, scores: part.value.scores!.map(() => 1) } } }
              : response;
          }
        } catch (error) {
          refused = true;
          throw error;
        }
      },
  );
}

/** Takes one call at a time, and holds on to its lock where a call is given up while it is received or worked on. */
export function stubborn(when: 'receiving' | 'working'): ScorerImpl {
  let isTaken = false;
  const proper = scorerService(properScores);
  return {
    ...proper,
    async *scoreExamples(requests, context) {
      if (isTaken) await never();
      let missing = 0;
      async function* receiving() {
        isTaken = when === 'receiving';
        for await (const request of requests) {
          const { part } = request;
          if (part.case === 'setting') missing = part.value.examples;
          if (part.case === 'batch') missing -= part.value.labels.length;
          yield request;
        }
        if (when === 'receiving' || missing !== 0) return;
        isTaken = true;
        await sleep(WORK_MS);
      }
      try {
        yield* proper.scoreExamples(receiving(), context);
      } finally {
        // The requests of a cancelled call end before its signal says so.
        await sleep(SETTLE_MS);
        isTaken &&= context.signal.aborted;
      }
    },
  };
}

/** Answers a call only when the one before has ended, cancelled or not. */
export function queueing(): ScorerImpl {
  let last: Promise<unknown> = Promise.resolve();
  return around(
    (proper) =>
      async function* queueingAnswer(requests, context) {
        const before = last;
        let release!: () => void;
        last = new Promise<void>((resolve) => {
          release = resolve;
        });
        context.signal.addEventListener('abort', () => release());
        await before;
        try {
          yield* proper(requests, context);
        } finally {
          release();
        }
      },
  );
}

/** Keeps the examples of a call in the scorer instead of in the call. */
export function forgetful(): ScorerImpl {
  let batches: ExampleBatch[] = [];
  return around(
    () =>
      async function* forgetfulAnswer(requests) {
        let setting: ScoringSetting | undefined;
        for await (const { part } of requests) {
          if (part.case === 'setting') {
            setting = part.value;
            batches = [];
          }
          if (part.case === 'batch') batches.push(part.value);
        }
        yield { part: { case: 'scores', value: { firstIndex: 0, scores: scoresOf(batches, setting!) } } };
      },
  );
}

/** Ends the stream with what it has at the first batch. */
export function hasty(): ScorerImpl {
  return around(
    () =>
      async function* hastyAnswer(requests) {
        let setting: ScoringSetting | undefined;
        for await (const { part } of requests) {
          if (part.case === 'setting') setting = part.value;
          if (part.case !== 'batch') continue;
          yield { part: { case: 'scores', value: { firstIndex: 0, scores: scoresOf([part.value], setting!) } } };
          return;
        }
      },
  );
}

/** Ends its whole server, by `crash`, when it meets a NaN. */
export function fragile(crash: () => void): ScorerImpl {
  return around(
    (proper) =>
      async function* fragileAnswer(requests, context) {
        try {
          yield* proper(requests, context);
        } catch (error) {
          if (!String(error).includes('NaN of example')) throw error;
          crash();
          await never();
        }
      },
  );
}
