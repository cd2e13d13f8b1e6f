import type { Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { runSettings } from '../../../services/report/run-settings.ts';

/** Everything that decides a run's result, as names with dots and texts; settings that are not there are left out. */
export function runParams({ spec, dataset, device }: Run): Map<string, string> {
  const { name: _, ...settings } = runSettings(spec);
  const examples = dataset && { train_examples: dataset.trainExamples, fingerprint: dataset.fingerprint };
  return new Map(flatten({ ...settings, ...examples, ...(device && { device }) }));
}

function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]): [string, string][] => {
    const name = prefix + key;
    if (part === null || part === undefined) return [];
    return typeof part === 'object' ? flatten(part, `${name}.`) : [[name, String(part)]];
  });
}
