import { TrainingService } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { announce, boundAddress, workerBeside } from '../platform/announce.ts';
import { connectBus } from '../platform/bus/connection.ts';
import { busSecurity } from '../platform/bus/security.ts';
import { ensureStreams } from '../platform/bus/streams.ts';
import { readConfig } from '../platform/config.ts';
import { printHelp } from '../platform/help.ts';
import { runProcess } from '../platform/lifecycle.ts';
import { RpcServer } from '../platform/rpc/server.ts';
import { serverSecurity } from '../platform/security/server-security.ts';
import { observeMemory } from '../platform/telemetry/observe-memory.ts';
import { WorkThread } from '../platform/thread/work-thread.ts';
import { trainingConfig } from './config.ts';
import { EvaluationRecords, evaluationStore } from './evaluation-records.ts';
import { scorerStore } from './known-scorers.ts';
import { Leases } from './leases.ts';
import { observeRuns } from './observe-runs.ts';
import { relayProgress } from './relay-progress.ts';
import { RunQueue } from './run-queue.ts';
import { RunRecords } from './run-records.ts';
import { RunStates } from './run-states.ts';
import { runStore } from './run-store.ts';
import { trainingService } from './service.ts';

/** Time for calls under way to end after a SIGTERM. */
const GRACE_MS = 5_000;

printHelp('training', 'Trains robust models on full data or on published index sets.', trainingConfig);

runProcess('training', async (shutdown) => {
  const { log, signal } = shutdown;
  const config = readConfig(trainingConfig);
  if (config.exitWithParent) shutdown.withParent();
  const { dataRoot } = config;
  const bus = await connectBus({
    servers: config.natsUrl,
    name: 'winnow-training',
    log,
    security: busSecurity(config),
    signal,
  });
  shutdown.onClose('bus', () => bus.close());
  await ensureStreams(bus, signal);
  const records = new RunRecords(runStore(bus), log);
  await records.load(signal);
  const evaluations = new EvaluationRecords(evaluationStore(bus), log);
  shutdown.onClose('evaluation records', () => evaluations.flushed());
  const entry = workerBeside(import.meta.url);
  // a fresh worker for each run gives back what a long run leaks
  const thread = new WorkThread(entry, { data: { dataRoot }, piecesPerWorker: 1 });
  const evaluationThread = new WorkThread(entry, { data: { dataRoot } });
  const uploadThread = new WorkThread(entry, { data: { dataRoot }, piecesPerWorker: 1 });
  shutdown.onClose('tensor threads', async () => {
    await Promise.all([thread.close(), evaluationThread.close(), uploadThread.close()]);
  });
  observeRuns(records);
  observeMemory([thread, evaluationThread, uploadThread]);
  const states = new RunStates(bus);
  const queue = new RunQueue({ bus, thread, records, states, leases: new Leases(bus), log });
  const scorers = scorerStore(bus);
  const server = new RpcServer({ log, security: serverSecurity(config, log) });
  server.add(
    TrainingService,
    trainingService({ bus, records, queue, scorers, evaluationThread, uploadThread, evaluations, dataRoot }),
  );
  const port = await server.listen(config.listen);
  shutdown.onClose('gRPC server', () => server.shutdown(GRACE_MS));
  // closed before the server, so that watchers are told that their runs are queued again
  shutdown.onClose('runs', async () => {
    records.close();
    await queue.close();
  });
  relayProgress(bus, records, signal).catch((error: unknown) => log.error({ err: error }, 'progress is not relayed'));
  queue.start();
  server.setServing(true);
  const address = boundAddress(config.listen, port);
  log.info({ address }, 'ready');
  announce('training', address);
});
