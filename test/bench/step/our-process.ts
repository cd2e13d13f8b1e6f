import { createInterface } from 'node:readline';
import { workerBeside } from '../../../services/platform/announce.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';

// Our side of `bench step`: a process with a tensor thread, as a service is one. Answers each line of JSON with one.

const thread = new WorkThread(workerBeside(import.meta.url), { piecesPerWorker: Number.POSITIVE_INFINITY });
for await (const line of createInterface({ input: process.stdin })) {
  const { do: kind, ...request } = JSON.parse(line) as { do: string };
  const answer = await thread.run(kind, request).catch((error: Error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await thread.close();
