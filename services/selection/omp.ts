import { ActiveSet } from './active-set.ts';
import { checkCancelled } from './cancellation.ts';
import { relativeResidual } from './residual.ts';
import { topIndices } from './top-indices.ts';

/** A sum t to be approximated by few of n atoms g_i, known by inner products only. */
export interface PursuitProblem {
  /** n. */
  readonly atoms: number;
  /** <g_i, t>, n values. */
  readonly correlations: Float64Array;
  /** ‖g_i‖², n values. */
  readonly squaredNorms: Float64Array;
  /** ‖t‖². */
  readonly targetSquaredNorm: number;
  /** Inner products of the given atoms with all atoms, row-major, rows x n. */
  gramRows(rows: Uint32Array): Float32Array | Promise<Float32Array>;
}

export interface PursuitOptions {
  /** Atoms to take, 1 to n. */
  readonly k: number;
  /** Ridge on the weights, as a multiple of the mean ‖g_i‖²: free of the gradients' scale. */
  readonly lambda: number;
  /** Atoms taken per round; 1 is the classic pursuit, 0 stands for k / 64 (rounded up), see `AUTOMATIC_ROUNDS`. */
  readonly atomsPerRound: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PursuitResult {
  /** k atoms in ascending order. */
  readonly indices: Uint32Array;
  /** Their weights, above 0. */
  readonly weights: Float64Array;
  /** ‖Σ w_i g_i − t‖ / ‖t‖; see `relativeResidual` for t = 0. */
  readonly residual: number;
  /** <g_i, r> of every chosen atom, r being what of t was unmatched when it was taken, in the order of `indices`. */
  readonly gains: Float64Array;
  /** <g_i, r> of all n atoms when the last of the k were taken. */
  readonly left: Float64Array;
  /** Rounds taken. */
  readonly iterations: number;
}

/**
 * Correlations below this share of the largest initial one count as 0: they are what float32 inner products (relative
 * error near 1e-7) leave of a residual that is matched.
 */
const CORRELATION_NOISE = 1e-6;

/**
 * Rounds that `atomsPerRound: 0` aims at. On AT, TRADES and MART gradients of small adversarially trained MNIST and
 * CIFAR-10 networks (classes of 400 to 6,131 examples, 30 % kept, lambda 0.1) the residual stayed within 3 % of one atom
 * at a time; with 8 rounds it was up to 8 % off.
 */
const AUTOMATIC_ROUNDS = 64;

/** Rounds allowed, as a multiple of those a pursuit without drops needs; Lawson and Hanson's customary bound. */
const ROUNDS_FACTOR = 3;

/** What an atom stands for that the pursuit had no use for: itself. */
const FILL_WEIGHT = 1;

/** Inner products of filled atoms are made for so many at once, to bound memory. */
const FILL_BLOCK = 256;

const FREE = 0;
const TAKEN = 1;
const BARRED = 2;

/**
 * Orthogonal matching pursuit with non-negative weights, as in GRAD-MATCH (Killamsetty 2021, algorithm 2): min over S
 * and w ≥ 0 of ‖Σ_S w_i g_i − t‖² + ridge·‖w‖². Each round takes the atoms whose correlation with the residual is
 * highest and positive, and refits all weights. Ties go to the lower index.
 *
 * Where fewer than k atoms help (the target is matched, or what is left points away from it), the set is filled up by
 * highest correlation. A filled atom has weight 1, as in the method's published code, because at weight 0 it would be
 * attacked and then ignored; the others are refitted to the rest of the target. With k = n all weights are 1, which is
 * exact. @throws AppError CANCELLED.
 */
export async function orthogonalMatchingPursuit(
  problem: PursuitProblem,
  options: PursuitOptions,
): Promise<PursuitResult> {
  const { atoms } = problem;
  if (options.k < 1 || options.k > atoms) throw new RangeError(`k is ${options.k}; 1 to ${atoms} is possible`);
  if (options.k === atoms) return everyAtom(problem);
  const pursuit = startPursuit(problem, options);
  const roundsLeast = Math.ceil(options.k / pursuit.atomsPerRound);
  let iterations = 0;
  while (iterations < ROUNDS_FACTOR * roundsLeast && (await takeRound(pursuit))) iterations += 1;
  const left = pursuit.residuals.slice();
  for (const atom of left.keys()) if (pursuit.state[atom] !== TAKEN) pursuit.gains[atom] = left[atom];
  const filled = await fill(pursuit);
  return { ...collect(pursuit, filled), left, iterations };
}

/** What a pursuit carries from round to round. */
interface Pursuit {
  readonly problem: PursuitProblem;
  readonly options: PursuitOptions;
  readonly active: ActiveSet;
  /** FREE, TAKEN or BARRED for every atom. */
  readonly state: Uint8Array;
  /** <g_i, t − Σ w_j g_j> of every atom. */
  readonly residuals: Float64Array;
  /** That of every atom when it was taken last. */
  readonly gains: Float64Array;
  readonly noise: number;
  readonly atomsPerRound: number;
}

function startPursuit(problem: PursuitProblem, options: PursuitOptions): Pursuit {
  const meanNorm = problem.squaredNorms.reduce((sum, norm) => sum + norm, 0) / problem.atoms;
  return {
    problem,
    options,
    active: new ActiveSet(problem.squaredNorms, options.lambda * meanNorm, options.k),
    state: new Uint8Array(problem.atoms),
    residuals: Float64Array.from(problem.correlations),
    gains: new Float64Array(problem.atoms),
    noise: CORRELATION_NOISE * problem.correlations.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    atomsPerRound: options.atomsPerRound || Math.ceil(options.k / AUTOMATIC_ROUNDS),
  };
}

/** One round: picks, refits, updates the correlations. Says whether another one could help. */
async function takeRound(pursuit: Pursuit): Promise<boolean> {
  const { problem, options, active, state, residuals, noise } = pursuit;
  await checkCancelled(options.signal);
  const wanted = Math.min(pursuit.atomsPerRound, options.k - active.members.length);
  const picks = topIndices(residuals, wanted, (atom) => state[atom] === FREE && residuals[atom] > noise);
  if (picks.length === 0) return false;
  for (const atom of picks) pursuit.gains[atom] = residuals[atom];
  const gram = await problem.gramRows(picks);
  const rows = Array.from(picks, (_, i) => gram.subarray(i * problem.atoms, (i + 1) * problem.atoms));
  active.add(picks, rows).forEach((isTaken, i) => {
    state[picks[i]] = isTaken ? TAKEN : BARRED;
  });
  for (const atom of active.fit(problem.correlations)) state[atom] = FREE;
  // Where no pick stays, their correlations were rounding errors; barring them keeps the next round from repeating this.
  if (picks.every((atom) => state[atom] !== TAKEN)) for (const atom of picks) state[atom] = BARRED;
  updateResiduals(pursuit, problem.correlations);
  return true;
}

/**
 * Fills the set up to k with the atoms of highest correlation, at weight 1, and refits the others to what is left of
 * the target; those that fall to 0 then stand for themselves as well. @returns the atoms of weight 1.
 */
async function fill(pursuit: Pursuit): Promise<number[]> {
  const { problem, options, active, state, residuals } = pursuit;
  const filled: number[] = [];
  const rest = Float64Array.from(problem.correlations);
  const missing = options.k - active.members.length;
  let waiting = Array.from(topIndices(residuals, missing, (atom) => state[atom] !== TAKEN));
  while (waiting.length > 0) {
    await checkCancelled(options.signal);
    const block = waiting.splice(0, FILL_BLOCK);
    const gram = await problem.gramRows(Uint32Array.from(block));
    for (let i = 0; i < gram.length; i += 1) rest[i % problem.atoms] -= FILL_WEIGHT * gram[i];
    filled.push(...block);
    if (waiting.length === 0) waiting = active.fit(rest);
  }
  if (filled.length > 0) updateResiduals(pursuit, rest);
  return filled;
}

/** residuals = target − Σ w_i · row_i. */
function updateResiduals({ active, residuals }: Pursuit, target: Float64Array): void {
  const { rows, weights } = active;
  residuals.set(target);
  let i = 0;
  for (; i + 3 < rows.length; i += 4) subtractFour(residuals, rows, weights, i);
  for (; i < rows.length; i += 1) {
    for (let j = 0; j < residuals.length; j += 1) residuals[j] -= weights[i] * rows[i][j];
  }
}

/** Four rows in one pass: the vector is read and written once instead of four times. */
function subtractFour(residuals: Float64Array, rows: readonly Float32Array[], weights: Float64Array, i: number): void {
  const [first, second, third, fourth] = rows.slice(i, i + 4);
  const [w1, w2, w3, w4] = weights.subarray(i, i + 4);
  for (let j = 0; j < residuals.length; j += 1) {
    residuals[j] -= w1 * first[j] + w2 * second[j] + (w3 * third[j] + w4 * fourth[j]);
  }
}

/** The result, from weights and correlations: ‖Σ w g − t‖² = ‖t‖² − Σ w_i (<g_i, t> + <g_i, t − Σ w g>). */
function collect(
  { problem, active, residuals, gains }: Pursuit,
  filled: readonly number[],
): Omit<PursuitResult, 'left' | 'iterations'> {
  const weightOf = new Map<number, number>(filled.map((atom) => [atom, FILL_WEIGHT]));
  active.members.forEach((atom, i) => {
    weightOf.set(atom, active.weights[i]);
  });
  const indices = Uint32Array.from(weightOf.keys()).sort();
  const weights = Float64Array.from(indices, (atom) => weightOf.get(atom)!);
  let squared = problem.targetSquaredNorm;
  indices.forEach((atom, i) => {
    squared -= weights[i] * (problem.correlations[atom] + residuals[atom]);
  });
  const residual = relativeResidual(Math.sqrt(Math.max(0, squared)), Math.sqrt(problem.targetSquaredNorm));
  return { indices, weights, residual, gains: Float64Array.from(indices, (atom) => gains[atom]) };
}

function everyAtom({ atoms, correlations }: PursuitProblem): PursuitResult {
  const indices = Uint32Array.from({ length: atoms }, (_, i) => i);
  const weights = new Float64Array(atoms).fill(FILL_WEIGHT);
  return { indices, weights, residual: 0, gains: correlations, left: correlations, iterations: 0 };
}
