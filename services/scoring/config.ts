import { z } from 'zod';
import { baseConfig } from '../platform/config.ts';

/** The scoring service's settings: addresses and paths only; what decides a result is in the request. */
export const scoringConfig = z.object(baseConfig);
