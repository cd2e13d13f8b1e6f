import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScoreExamplesRequest, ScorerService } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../../../services/app-error.ts';
import type { ServiceImpl } from '../../../services/platform/rpc/service-impl.ts';
import { describe } from './check-definition.ts';
import type { ScoreContext, ScorerDefinition } from './definition.ts';
import { readSetting } from './read-setting.ts';
import { resultMessages } from './result-messages.ts';
import { SignalStore } from './signal-store.ts';

/** A scorer as the service of the contract: its stream is checked, joined, scored and answered. */
export function scorerService(definition: ScorerDefinition): ServiceImpl<typeof ScorerService> {
  return {
    describeScorer: async () => ({ scorer: describe(definition) }),
    checkReady: async () => {
      const detail = await definition.waitsFor?.();
      return detail === undefined ? { ready: true } : { ready: false, detail };
    },
    async *scoreExamples(requests, { signal }) {
      const { setting, signals } = await receive(definition, requests);
      const result = await definition.score(setting, signals, scoreContext(signal));
      signal.throwIfAborted();
      yield* resultMessages(definition, result, setting);
    },
  };
}

async function receive(definition: ScorerDefinition, requests: AsyncIterable<ScoreExamplesRequest>) {
  let open: { setting: ReturnType<typeof readSetting>; store: SignalStore } | undefined;
  for await (const { part } of requests) {
    if (open === undefined) {
      if (part.case !== 'setting') throw invalidField('setting', 'must be the first message of the stream');
      const setting = readSetting(definition, part.value);
      open = { setting, store: new SignalStore(setting, definition.signals) };
    } else {
      if (part.case !== 'batch') throw invalidField('batch', 'every message after the first must be a batch');
      open.store.add(part.value);
    }
  }
  if (open === undefined) throw invalidField('setting', 'the stream is empty; the setting comes first');
  return { setting: open.setting, signals: open.store.finish() };
}

function scoreContext(signal: AbortSignal): ScoreContext {
  return {
    signal,
    pause: async () => {
      await nextTurn();
      signal.throwIfAborted();
    },
  };
}
