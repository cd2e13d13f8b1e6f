import {
  checkSnapshot,
  decodeSafetensors,
  encodeSafetensors,
  safetensorsMetadata,
} from '../../../services/numerics/models/safetensors.ts';
import type { FuzzTarget } from '../target.ts';

const tensor = (...shape: number[]) => {
  const size = shape.reduce((product, side) => product * side, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => i / 7) };
};

/** The safetensors reader, with the check against a model's shapes. */
export function safetensorsTarget(): FuzzTarget {
  const weights = new Map([
    ['conv1.weight', tensor(2, 1, 3, 3)],
    ['fc.weight', tensor(3, 2)],
    ['fc.bias', tensor(3)],
  ]);
  const shapes = new Map([...weights].map(([name, { shape }]) => [name, shape]));
  return {
    name: 'safetensors',
    share: 6,
    samples: [
      encodeSafetensors(weights),
      encodeSafetensors(weights, { architecture: 'x' }),
      encodeSafetensors(new Map()),
    ],
    decode: (bytes) => {
      const snapshot = decodeSafetensors(bytes);
      safetensorsMetadata(bytes);
      checkSnapshot(snapshot, shapes);
    },
  };
}
