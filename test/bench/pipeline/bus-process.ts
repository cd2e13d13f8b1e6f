import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { checkBelonging, readIndexSet } from '../../../services/index-set/check-index-set.ts';
import { publishIndexSet } from '../../../services/index-set/publish.ts';
import { readOutcome } from '../../../services/index-set/read-outcome.ts';
import { type Bus, connectBus } from '../../../services/platform/bus/connection.ts';
import { ensureStreams } from '../../../services/platform/bus/streams.ts';
import { createLog } from '../../../services/platform/log.ts';
import { IndexSetInbox } from '../../../services/training/index-set-inbox.ts';
import { type Answers, answerLines } from '../select/answer-lines.ts';
import { type SetShape, uniformSet } from './uniform-set.ts';

// Either end of `bench pipeline`: what the scoring service does with a set it has made, and what training does with it.

let bus: Bus | undefined;
let inbox: IndexSetInbox | undefined;
const ended = new AbortController();

function connected(): Bus {
  if (!bus) throw new Error('connect comes first');
  return bus;
}

/** Milliseconds of a clock that all processes of a machine share. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const answers: Answers = {
  async connect({ url }: { url: string }) {
    bus = await connectBus({ servers: url, name: 'bench', log: createLog('bench', 'error') });
    await ensureStreams(bus);
  },
  /** Listens for a run's sets. */
  listen({ runId }: { runId: string }) {
    inbox = new IndexSetInbox(connected(), runId, ended.signal, (error) => {
      console.error(error);
      process.exitCode = 1;
    });
  },
  /** Publishes a set; tells when that began and how many bytes went out. */
  async publish(shape: SetShape) {
    const set = uniformSet(shape);
    const { connection } = connected();
    const before = connection.stats().outBytes;
    const atMs = nowMs();
    await publishIndexSet(connected(), set);
    return { atMs, bytes: connection.stats().outBytes - before };
  },
  /** Waits for a set until it is checked and ready to be trained on; tells when that was. */
  async apply({ runId, round, examples, kept }: SetShape) {
    const set: IndexSet = await readOutcome(connected(), await inbox!.of(round, ended.signal));
    checkBelonging(set, { runId, round, datasetFingerprint: set.datasetFingerprint, examples });
    const { indices } = readIndexSet(set);
    const atMs = nowMs();
    if (indices.length !== kept) throw new Error(`${indices.length} examples where ${kept} were published`);
    return { atMs };
  },
};

await answerLines(answers);
process.exit();
