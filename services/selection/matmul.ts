import { dot } from './dot.ts';

/**
 * Computes A·Bᵀ for row-major A (aRows x aCols) and B (bRows x aCols); the result is row-major, aRows x bRows.
 * Over one selection the same few arrays come again as B, so an implementation may keep them uploaded.
 */
export type MatMul = (
  a: Float32Array,
  aRows: number,
  aCols: number,
  b: Float32Array,
  bRows: number,
) => Float32Array | Promise<Float32Array>;

/** A·Bᵀ in plain JavaScript, summed in float64: the reference, and enough for small problems. */
export function plainMatMul(
  a: Float32Array,
  aRows: number,
  aCols: number,
  b: Float32Array,
  bRows: number,
): Float32Array {
  const left = Float64Array.from(a);
  const right = Float64Array.from(b);
  const product = new Float32Array(aRows * bRows);
  for (let row = 0; row < aRows; row += 1) {
    for (let column = 0; column < bRows; column += 1) {
      product[row * bRows + column] = dot(left, row * aCols, right, column * aCols, aCols);
    }
  }
  return product;
}
