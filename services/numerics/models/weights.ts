import { tf } from '../backend.ts';

/** How a weight lies in memory: convolutions are HWIO here and OIHW in files, linear layers [in,out] here and [out,in] in files. */
export type WeightLayout = 'conv' | 'linear' | 'vector';

/** One named tensor of a model. Names are those of the architecture's PyTorch release. */
export interface Weight {
  readonly name: string;
  readonly layout: WeightLayout;
  /** False for running statistics and the input normalisation, which no gradient reaches. */
  readonly trainable: boolean;
  readonly variable: tf.Variable;
}

/** Values of one weight in the files' (PyTorch's) layout. */
export interface WeightValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Weights by name, in the files' layout. */
export type WeightSnapshot = ReadonlyMap<string, WeightValues>;

const TO_FILE: Record<WeightLayout, number[] | undefined> = { conv: [3, 2, 0, 1], linear: [1, 0], vector: undefined };
const FROM_FILE: Record<WeightLayout, number[] | undefined> = { conv: [2, 3, 1, 0], linear: [1, 0], vector: undefined };

function permute(values: tf.Tensor, permutation: number[] | undefined): tf.Tensor {
  return permutation ? tf.transpose(values, permutation) : values.clone();
}

/** All tensors of a model, trainable or not, in the order they were declared. */
export class Weights {
  readonly #byName = new Map<string, Weight>();

  /** Declares a weight; takes over the initial tensor. */
  add(name: string, layout: WeightLayout, initial: tf.Tensor, trainable = true): tf.Variable {
    if (this.#byName.has(name)) throw new Error(`weight ${name} is declared twice`);
    // tfjs wants names unique in the process, so it gets none of ours
    const variable = tf.variable(initial, trainable);
    initial.dispose();
    this.#byName.set(name, { name, layout, trainable, variable });
    return variable;
  }

  /** The weights an optimiser updates, in declaration order. */
  get trainable(): Weight[] {
    return [...this.#byName.values()].filter((weight) => weight.trainable);
  }

  /** Names and shapes in the files' layout. */
  shapes(): Map<string, number[]> {
    const shapeOf = ({ variable, layout }: Weight) =>
      TO_FILE[layout]?.map((axis) => variable.shape[axis]) ?? variable.shape;
    return new Map([...this.#byName].map(([name, weight]) => [name, shapeOf(weight)]));
  }

  /** Copies every value out, in the files' layout. */
  snapshot(): Map<string, WeightValues> {
    const values = new Map<string, WeightValues>();
    for (const { name, layout, variable } of this.#byName.values()) {
      const inFileLayout = permute(variable, TO_FILE[layout]);
      values.set(name, { shape: inFileLayout.shape, data: inFileLayout.dataSync() as Float32Array });
      inFileLayout.dispose();
    }
    return values;
  }

  /** Takes values in the files' layout; names and shapes must have been checked against `shapes()`. */
  load(snapshot: WeightSnapshot): void {
    for (const { name, layout, variable } of this.#byName.values()) {
      const { shape, data } = snapshot.get(name)!;
      const inFileLayout = tf.tensor(data, [...shape]);
      const ours = permute(inFileLayout, FROM_FILE[layout]);
      variable.assign(ours);
      tf.dispose([inFileLayout, ours]);
    }
  }

  /** Frees every tensor. */
  dispose(): void {
    for (const { variable } of this.#byName.values()) variable.dispose();
  }
}
