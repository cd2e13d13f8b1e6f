import { ListScorersResponseSchema, ScoringService } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { IndexSetHistory } from '../index-set/history.ts';
import { announce, boundAddress, workerBeside } from '../platform/announce.ts';
import { connectBus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { busSecurity } from '../platform/bus/security.ts';
import { ensureStreams, REQUEST_STREAM, SCORER_BUCKET } from '../platform/bus/streams.ts';
import { readConfig } from '../platform/config.ts';
import { printHelp } from '../platform/help.ts';
import { runProcess } from '../platform/lifecycle.ts';
import { RpcServer } from '../platform/rpc/server.ts';
import { serverSecurity } from '../platform/security/server-security.ts';
import { observeMemory } from '../platform/telemetry/observe-memory.ts';
import { WorkThread } from '../platform/thread/work-thread.ts';
import { answerRequests, REQUEST_CONSUMER } from './answer-requests.ts';
import { scoringConfig } from './config.ts';
import { DatasetLabels } from './dataset-labels.ts';
import { callLimits } from './external-scorers/call-limits.ts';
import { ExternalSelection } from './external-scorers/external-selection.ts';
import { keepConfigured } from './external-scorers/keep-configured.ts';
import { AllowedAddresses } from './external-scorers/scorer-address.ts';
import { ScorerRegistry } from './external-scorers/scorer-registry.ts';
import { observeRequests } from './observe-requests.ts';
import { Scorer } from './scorer.ts';
import { scoringService } from './service.ts';
import { measureShards } from './shards/shard-worker.ts';
import { SharedMeasuring } from './shards/shared-measuring.ts';
import { SignalMemory } from './signal-memory.ts';

/** Time for calls under way to end after a SIGTERM. */
const GRACE_MS = 5_000;

const MIB = 1024 * 1024;

printHelp('scoring', 'Scores examples under attack and publishes pruned index sets.', scoringConfig);

runProcess('scoring', async (shutdown) => {
  const { log, signal } = shutdown;
  const config = readConfig(scoringConfig);
  if (config.exitWithParent) shutdown.withParent();
  const { dataRoot } = config;
  const entry = workerBeside(import.meta.url);
  const thread = new WorkThread(entry, { data: { dataRoot } });
  // ends after each piece, which gives back the data set it read
  const readingThread = new WorkThread(entry, { data: { dataRoot }, piecesPerWorker: 1 });
  const bus = await connectBus({
    servers: config.natsUrl,
    name: 'winnow-scoring',
    log,
    security: busSecurity(config),
    signal,
  });
  shutdown.onClose('bus', () => bus.close());
  await ensureStreams(bus, signal);
  observeMemory([thread, readingThread]);
  observeRequests(bus, REQUEST_STREAM, REQUEST_CONSUMER);
  const history = new IndexSetHistory(bus);
  const services = new ScorerRegistry({
    store: openStore(bus, SCORER_BUCKET, ListScorersResponseSchema),
    allowed: new AllowedAddresses(config.scorers, config.scorerHosts),
    limits: callLimits(config.scorerTimeout * 1000),
  });
  void keepConfigured(services, config.scorers, { log, signal });
  const external = new ExternalSelection(services, thread);
  const scorer = new Scorer(bus, thread, external);
  const shared = new SharedMeasuring(bus, new DatasetLabels(thread), log);
  const answering = Promise.all([
    answerRequests({ bus, scorer, services, history, shared, log, signal }),
    measureShards({ bus, thread, log, signal }),
  ]).catch((error: unknown) => {
    log.fatal({ err: error }, 'selection requests are no longer answered');
    shutdown.request('the request consumer failed');
  });
  // closed after the tensor thread, which ends what is under way, and before the bus, which takes the request back
  shutdown.onClose('selection requests', async () => {
    await answering;
  });
  shutdown.onClose('worker threads', async () => {
    await Promise.all([thread.close(), readingThread.close()]);
  });
  const server = new RpcServer({ log, security: serverSecurity(config, log) });
  server.add(
    ScoringService,
    scoringService({
      bus,
      scorer,
      services,
      history,
      labels: new DatasetLabels(readingThread),
      reading: readingThread,
      dataRoot,
      signals: { thread, external, memory: new SignalMemory(config.signalsMemory * MIB) },
    }),
  );
  const port = await server.listen(config.listen);
  shutdown.onClose('gRPC server', () => server.shutdown(GRACE_MS));
  server.setServing(true);
  const address = boundAddress(config.listen, port);
  log.info({ address }, 'ready');
  announce('scoring', address);
});
