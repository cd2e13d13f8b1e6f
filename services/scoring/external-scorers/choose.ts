import { selectTop } from '../../selection/rank.ts';
import { subsetQuality } from '../subset-quality.ts';
import type { ChooseRequest, ChooseResult } from './external-messages.ts';

/** Largest float32. Scores are ranked as they are and stored as float32. */
const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** The subset that a checked answer means: the highest scores, as built-in scorers keep them, or the set that was given. */
export async function choose(request: ChooseRequest): Promise<ChooseResult> {
  const { answer, labels, classes, k, classFloor, previous } = request;
  const subset =
    'scores' in answer ? { indices: selectTop(answer.scores, k, { labels, classes, classFloor }) } : answer;
  return {
    ...subset,
    quality: subsetQuality(subset, labels, classes, previous),
    ...('scores' in answer && { scores: Float32Array.from(answer.scores, clampToFloat32) }),
  };
}

function clampToFloat32(score: number): number {
  return Math.max(-LARGEST_FLOAT32, Math.min(LARGEST_FLOAT32, score));
}
