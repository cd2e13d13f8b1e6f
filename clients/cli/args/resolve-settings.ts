import { fullSize, isDigits, naturalImages, quickSize } from '../demo-defaults.ts';
import type { GivenSettings, RunSettings } from './run-settings.ts';

/** Fast AT's only step as a share of the radius: a little longer than it, from a uniform start (Wong 2020, arXiv 2001.03994). */
const FAST_STEP_SHARE = 1.25;

/**
 * The settings of a run: the given ones over the preset's. A radius given without a step size keeps the preset's ratio
 * of the two, or Fast AT's; a model given without its own numbers takes the service's defaults for them.
 */
export function resolveSettings(given: GivenSettings, quick = false): RunSettings {
  const dataset = given.dataset ?? fullSize.dataset;
  const preset: RunSettings = {
    ...fullSize,
    ...(quick ? quickSize : {}),
    ...(isDigits(dataset) ? {} : naturalImages),
  } as RunSettings;
  const chosen = { ...preset, ...withoutUndefined(given) };
  if (chosen.objective === 'fast-at') {
    chosen.steps = given.steps ?? 1;
    chosen.stepSize = given.stepSize ?? Math.min(1, FAST_STEP_SHARE * chosen.epsilon);
  } else if (given.epsilon !== undefined && given.stepSize === undefined) {
    chosen.stepSize = (preset.stepSize * given.epsilon) / preset.epsilon;
  }
  if (chosen.model !== preset.model && given.dropout === undefined) chosen.dropout = undefined;
  return chosen;
}

function withoutUndefined(given: GivenSettings): Partial<{ -readonly [K in keyof RunSettings]: RunSettings[K] }> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
