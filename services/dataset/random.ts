import { createHash } from 'node:crypto';

/** Arrays that can be shuffled in place. */
type Shuffleable = Uint32Array | Int32Array | Uint16Array | Uint8Array | number[];

const UINT32_RANGE = 2 ** 32;

/**
 * Xoshiro128**, a seeded generator with period 2^128 - 1 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021). Not for secrets.
 */
export class RandomStream {
  readonly #state: Uint32Array;

  /** `state`: four uint32, not all zero; use randomStream() to derive one. */
  constructor(state: ArrayLike<number>) {
    this.#state = Uint32Array.from(state);
    if (this.#state.length !== 4 || this.#state.every((word) => word === 0)) {
      throw new RangeError('the state must be four uint32, not all zero');
    }
  }

  /** The next integer in [0, 2^32). */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** The next float in [0, 1), a multiple of 2^-53. */
  float(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** The next integer in [0, bound), without modulo bias; `bound` is an integer in [1, 2^32]. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > UINT32_RANGE) {
      throw new RangeError(`bound must be an integer in [1, 2^32], not ${bound}`);
    }
    // Draws from the incomplete last block would favour small values.
    const limit = UINT32_RANGE - (UINT32_RANGE % bound);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % bound;
  }

  /** Shuffles in place, every order equally likely (Fisher and Yates), and returns the same array. */
  shuffle<T extends Shuffleable>(values: T): T {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const held = values[last];
      values[last] = values[other];
      values[other] = held;
    }
    return values;
  }
}

/**
 * An independent stream for each (seed, purpose, counters). The state is the first 16 bytes of SHA-256 over the seed, the
 * purpose's length and UTF-8 bytes, and the counters, so that neighbouring seeds or epochs share nothing.
 * `seed` lies in [0, 2^64); counters are integers in [0, 2^53). RangeError otherwise.
 */
export function randomStream(seed: bigint, purpose: string, ...counters: readonly number[]): RandomStream {
  const name = Buffer.from(purpose, 'utf8');
  const key = Buffer.alloc(8 + 4 + name.length + 8 * counters.length);
  key.writeBigUInt64LE(seed, 0);
  key.writeUInt32LE(name.length, 8);
  name.copy(key, 12);
  counters.forEach((counter, i) => {
    key.writeBigUInt64LE(BigInt(counter), 12 + name.length + 8 * i);
  });
  const digest = createHash('sha256').update(key).digest();
  return new RandomStream([0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)));
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
