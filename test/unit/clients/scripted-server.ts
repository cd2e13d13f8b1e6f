import { onTestFinished } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScoringService } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { TrainingService } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { createLog } from '../../../services/platform/log.ts';
import { RpcServer } from '../../../services/platform/rpc/server.ts';
import type { ServiceImpl } from '../../../services/platform/rpc/service-impl.ts';

type Training = ServiceImpl<typeof TrainingService>;
type Scoring = ServiceImpl<typeof ScoringService>;

function refuse(): never {
  throw new AppError(ErrorReason.WRONG_STATE, 'the test gave this method no answer');
}

async function* refuseStream(): AsyncGenerator<never> {
  yield refuse();
}

/** A real gRPC server on a free port whose answers a test scripts; methods without a script refuse. Ends with the test. */
export async function scriptedServer(script: { training?: Partial<Training>; scoring?: Partial<Scoring> }) {
  const server = new RpcServer({ log: createLog('test', 'silent') });
  server.add(TrainingService, {
    createRun: async () => refuse(),
    getRun: async () => refuse(),
    listRuns: async () => refuse(),
    watchRun: refuseStream,
    cancelRun: async () => refuse(),
    evaluateModel: refuseStream,
    uploadModel: async () => refuse(),
    downloadModel: refuseStream,
    ...script.training,
  });
  server.add(ScoringService, {
    listScorers: async () => refuse(),
    scoreDataset: refuseStream,
    selectSubset: refuseStream,
    selectFromSignals: refuseStream,
    registerScorer: async () => refuse(),
    unregisterScorer: async () => refuse(),
    getIndexSet: async () => refuse(),
    explainExamples: async () => refuse(),
    getExamples: async () => refuse(),
    watchIndexSets: refuseStream,
    ...script.scoring,
  });
  const port = await server.listen('127.0.0.1:0');
  onTestFinished(() => server.shutdown(0));
  return { address: `127.0.0.1:${port}`, server };
}
