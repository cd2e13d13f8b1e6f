import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { TrainingService } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { announce, boundAddress, workerBeside } from '../platform/announce.ts';
import { type Bus, connectBus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { ensureStreams, RUN_BUCKET } from '../platform/bus/streams.ts';
import { readConfig } from '../platform/config.ts';
import { printHelp } from '../platform/help.ts';
import { runProcess } from '../platform/lifecycle.ts';
import type { Log } from '../platform/log.ts';
import { RpcServer } from '../platform/rpc/server.ts';
import { WorkThread } from '../platform/thread/work-thread.ts';
import { trainingConfig } from './config.ts';
import { EvaluationRecords, evaluationStore } from './evaluation-records.ts';
import { RunExecutor } from './run-executor.ts';
import { endRun, hasEnded, RunRecords } from './run-records.ts';
import { trainingService } from './service.ts';

/** Time for calls under way to end after a SIGTERM. */
const GRACE_MS = 5_000;

printHelp('training', 'Trains robust models on full data or on published index sets.', trainingConfig);

/** Takes over what an earlier process recorded; what it was at is over, as its weights were in memory. */
async function takeOver(bus: Bus, log: Log): Promise<RunRecords> {
  const store = openStore(bus, RUN_BUCKET, RunSchema);
  const records = new RunRecords(
    {
      put: async (id, run) => {
        await store.put(id, run);
      },
      list: async () => (await store.list()).map(({ value }) => value),
    },
    log,
  );
  for (const run of await records.load()) {
    if (hasEnded(run)) continue;
    records.update(run.id, (left) => {
      endRun(left, RunState.FAILED, {
        reason: ErrorReason.CANCELLED,
        message: 'the training service was restarted; create the run again',
      });
    });
  }
  return records;
}

runProcess('training', async (shutdown) => {
  const { log, signal } = shutdown;
  const config = readConfig(trainingConfig);
  if (config.exitWithParent) shutdown.withParent();
  const { dataRoot } = config;
  const bus = await connectBus({ servers: config.natsUrl, name: 'winnow-training', log, signal });
  shutdown.onClose('bus', () => bus.close());
  await ensureStreams(bus, signal);
  const records = await takeOver(bus, log);
  shutdown.onClose('run records', () => records.flushed());
  const evaluations = new EvaluationRecords(evaluationStore(bus), log);
  shutdown.onClose('evaluation records', () => evaluations.flushed());
  const entry = workerBeside(import.meta.url);
  // a fresh worker for each run gives back what a long run leaks
  const thread = new WorkThread(entry, { data: { dataRoot }, piecesPerWorker: 1 });
  const evaluationThread = new WorkThread(entry, { data: { dataRoot } });
  shutdown.onClose('tensor threads', async () => {
    await Promise.all([thread.close(), evaluationThread.close()]);
  });
  const executor = new RunExecutor({ bus, thread, records, log });
  const server = new RpcServer({ log });
  server.add(TrainingService, trainingService({ bus, records, executor, evaluationThread, evaluations, dataRoot }));
  const port = await server.listen(config.listen);
  shutdown.onClose('gRPC server', () => server.shutdown(GRACE_MS));
  // closed before the server, so that watchers are told how their runs ended
  shutdown.onClose('runs', () => executor.shutDown());
  server.setServing(true);
  const address = boundAddress(config.listen, port);
  log.info({ address }, 'ready');
  announce('training', address);
});
