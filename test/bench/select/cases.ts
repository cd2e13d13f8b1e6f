/** Selectors with a last-layer gradient in them, in the order they are measured. */
export const METHODS = ['adv-grad-match', 'adv-glister', 'adv-craig'] as const;
export type MethodName = (typeof METHODS)[number];

/** One class, selected from by us and by the peer: C = 10 and d = 512 make gradients of 5,130 numbers. */
export interface ClassCase {
  readonly n: number;
  readonly k: number;
  readonly classes: number;
  readonly features: number;
}

/** A case of a minute, and a class of CIFAR-10 at 30 %. */
export const CLASS_CASES: readonly ClassCase[] = [
  { n: 1000, k: 300, classes: 10, features: 512 },
  { n: 5000, k: 1500, classes: 10, features: 512 },
];

/** Sizes up to ImageNet's; all with 1,000 outputs, and with as many classes present as 1,280 examples each make. */
export const SCALE_SIZES = [5_000, 40_000, 320_000, 1_280_000] as const;
export const SCALE_CLASSES = 1000;
export const SCALE_CLASS_SIZE = 1280;
export const SCALE_FEATURES = 512;
export const SCALE_FRACTION = 0.3;

/**
 * Ceiling of a process's peak above its baseline at every size: one class's problem (1,280 x 1,512 numbers a few times
 * over, and CRAIG's distances), GLISTER's blocks and validation examples, and some bytes for each example.
 */
export const CEILING_MIB = 512;

/** MiB that float32 gradients of n examples take, written out: n x C·(d+1). */
export function materialisedMiB(n: number, classes: number, features: number): number {
  return (4 * n * classes * (features + 1)) / 2 ** 20;
}
