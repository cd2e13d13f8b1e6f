import { create } from '@bufbuild/protobuf';
import {
  type ScorerDescription,
  ScorerDescriptionSchema,
  ScorerOutput,
} from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ScoringService } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { invalidField } from '../../app-error.ts';
import type { ServiceImpl } from '../../platform/rpc/service-impl.ts';
import { selectors } from '../../selection/registry.ts';
import type { Selector } from '../../selection/selector.ts';
import { scorerEndpoints } from './scorer-endpoints.ts';
import type { ScorerRegistry } from './scorer-registry.ts';

function describe(selector: Selector): ScorerDescription {
  return create(ScorerDescriptionSchema, {
    name: selector.name,
    version: selector.version,
    summary: selector.description,
    parameters: selector.parameters.map((parameter) => ({ ...parameter })),
    signals: [...selector.needs],
    output: selector.output === 'scores' ? ScorerOutput.SCORES : ScorerOutput.SET,
  });
}

/** The rpcs of the scoring service that are about scorers. */
export function scorerRpcs(
  registry: ScorerRegistry,
): Pick<ServiceImpl<typeof ScoringService>, 'listScorers' | 'registerScorer' | 'unregisterScorer'> {
  return {
    listScorers: async (_, { signal }) => {
      const known = await registry.listSoon();
      const scorers = [...[...selectors.values()].map(describe), ...known.map(({ description }) => description)];
      return {
        scorers: scorers.sort((a, b) => (a.name < b.name ? -1 : 1)),
        endpoints: await scorerEndpoints(registry, known, signal),
      };
    },
    registerScorer: async ({ address }, { signal }) => {
      if (!address) throw invalidField('address', 'is missing; give host:port');
      return { scorer: await registry.register(address, { signal }) };
    },
    unregisterScorer: async ({ name }) => {
      if (!name) throw invalidField('name', 'is missing');
      await registry.unregister(name);
      return {};
    },
  };
}
