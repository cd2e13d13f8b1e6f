import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../services/numerics/models/safetensors.ts';
import * as formulas from './formulas.ts';
import { golden } from './golden.ts';

interface SafetensorsGolden {
  readonly shapes: Record<string, number[]>;
  readonly metadata: Record<string, string>;
  /** Base64 of a file that Python's library wrote. */
  readonly writtenByPython: string;
  /** Base64 of a file that Python's library read. */
  readonly readByPython: string;
}

describe('safetensors files', () => {
  const file = golden<SafetensorsGolden>('safetensors');
  const tensors = formulas.weights(new Map(Object.entries(file.shapes)));

  it("of Python's library are read", () => {
    const decoded = decodeSafetensors(Buffer.from(file.writtenByPython, 'base64'));
    expect(new Map([...decoded].sort())).toEqual(new Map([...tensors].sort()));
  });

  it("are written byte for byte as one that Python's library reads", () => {
    const written = encodeSafetensors(tensors, file.metadata);
    expect(Buffer.from(written).toString('base64')).toBe(file.readByPython);
  });
});
