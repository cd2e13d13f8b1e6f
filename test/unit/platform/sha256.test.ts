import { expect, test } from 'vitest';
import { sha256Hex } from '../../../services/platform/sha256.ts';

test('sha256Hex gives the published digests (FIPS 180-2) in lower case', () => {
  expect(sha256Hex(Buffer.from('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('sha256Hex reads the part of the memory that the array shows', () => {
  expect(sha256Hex(Buffer.from('xabcx').subarray(1, 4))).toBe(sha256Hex(Buffer.from('abc')));
});
