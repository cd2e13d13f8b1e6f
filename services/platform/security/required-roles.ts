import type { DescService } from '@bufbuild/protobuf';
import { ScoringService } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { TrainingService } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { Role } from './caller.ts';

type MethodsOf<S extends DescService> = Record<keyof S['method'], Role>;

const scoring: MethodsOf<typeof ScoringService> = {
  listScorers: 'read',
  getIndexSet: 'read',
  watchIndexSets: 'read',
  explainExamples: 'read',
  getExamples: 'read',
  scoreDataset: 'submit',
  selectSubset: 'submit',
  selectFromSignals: 'submit',
  // makes the service call an address
  registerScorer: 'admin',
  unregisterScorer: 'admin',
};

const training: MethodsOf<typeof TrainingService> = {
  getRun: 'read',
  listRuns: 'read',
  watchRun: 'read',
  downloadModel: 'read',
  createRun: 'submit',
  cancelRun: 'submit',
  evaluateModel: 'submit',
  uploadModel: 'submit',
};

const byPath = new Map<string, Role>([...paths(ScoringService, scoring), ...paths(TrainingService, training)]);

function paths<S extends DescService>(service: S, table: MethodsOf<S>): [string, Role][] {
  const role = (name: string) => table[name as keyof S['method']];
  return service.methods.map((method) => [`/${service.typeName}/${method.name}`, role(method.localName)]);
}

const HEALTH = '/grpc.health.v1.Health/';
const REFLECTION = '/grpc.reflection.';

/** The role that a method asks for, by its path; undefined where anybody may call it, as probes do health checks. */
export function requiredRole(path: string): Role | undefined {
  if (path.startsWith(HEALTH)) return undefined;
  if (path.startsWith(REFLECTION)) return 'read';
  // what is not listed is not for everybody
  return byPath.get(path) ?? 'admin';
}
