/** Images attacked at a time: more than training's batch since no update waits, bounded by memory. */
export const SCORING_BATCH = 256;
