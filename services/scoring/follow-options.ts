import type { ScoreProgress } from './score-messages.ts';

/** How to follow and stop a piece of scoring. */
export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ScoreProgress) => void) | undefined;
}
