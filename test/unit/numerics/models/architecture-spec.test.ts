import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import {
  type ArchitectureSpec,
  checkImageSize,
  resolveArchitecture,
} from '../../../../services/numerics/models/architecture-spec.ts';

function errorOf(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const REFUSED: [string, ArchitectureSpec, string][] = [
  ['a depth that is not 6n+2', { architecture: 'resnet', depth: 9 }, 'model.depth'],
  ['a depth that is not 6n+4', { architecture: 'wide-resnet', depth: 26 }, 'model.depth'],
  ['a depth without a block', { architecture: 'resnet', depth: 2 }, 'model.depth'],
  ['a negative depth', { architecture: 'resnet', depth: -4 }, 'model.depth'],
  ['a depth that is not whole', { architecture: 'resnet', depth: 8.5 }, 'model.depth'],
  ['a depth that is no number', { architecture: 'resnet', depth: Number.NaN }, 'model.depth'],
  ['a depth out of reach', { architecture: 'resnet', depth: 6 * 1000 + 2 }, 'model.depth'],
  ['a width of 0', { architecture: 'resnet', width: 0 }, 'model.width'],
  ['a width that is not whole', { architecture: 'wide-resnet', width: 1.5 }, 'model.width'],
  ['a width out of reach', { architecture: 'wide-resnet', width: 1025 }, 'model.width'],
  ['depth and width that are too much together', { architecture: 'resnet', depth: 110, width: 512 }, 'model.width'],
  ['a wide-resnet beyond memory', { architecture: 'wide-resnet', depth: 28, width: 100 }, 'model.width'],
  ['dropout of everything', { architecture: 'small-cnn', dropout: 1 }, 'model.dropout'],
  ['negative dropout', { architecture: 'wide-resnet', dropout: -0.1 }, 'model.dropout'],
  ['dropout that is no number', { architecture: 'small-cnn', dropout: Number.NaN }, 'model.dropout'],
  ['a depth where it is fixed', { architecture: 'resnet-18', depth: 18 }, 'model.depth'],
  ['a width where it is fixed', { architecture: 'small-cnn', width: 32 }, 'model.width'],
  ['dropout where there is none', { architecture: 'resnet', dropout: 0.1 }, 'model.dropout'],
  ['dropout of 0 where there is none', { architecture: 'resnet-small', dropout: 0 }, 'model.dropout'],
];

describe('an architecture', () => {
  it.each([
    [{ architecture: 'small-cnn' }, { architecture: 'small-cnn', dropout: 0.5 }],
    [{ architecture: 'resnet-small' }, { architecture: 'resnet-small' }],
    [
      { architecture: 'resnet', width: 4 },
      { architecture: 'resnet', depth: 8, width: 4 },
    ],
    [
      { architecture: 'wide-resnet', depth: 34 },
      { architecture: 'wide-resnet', depth: 34, width: 10, dropout: 0 },
    ],
  ])('%j gets its defaults', (spec, resolved) => {
    expect(resolveArchitecture(spec)).toEqual(resolved);
  });

  it.each(['lenet', '', 'ResNet', 'constructor', '__proto__'])('called "%s" is unknown', (architecture) => {
    const error = errorOf(() => resolveArchitecture({ architecture }));
    expect(error.reason).toBe(ErrorReason.UNKNOWN_MODEL);
    expect(error.fields.map(({ field }) => field)).toEqual(['model.architecture']);
    expect(error.message).toContain('small-cnn, resnet-small, resnet-18, resnet, wide-resnet');
  });

  it.each(REFUSED)('with %s is refused, and the field named', (_, spec, field) => {
    const error = errorOf(() => resolveArchitecture(spec));
    expect(error.reason).toBe(ErrorReason.INVALID_FIELD);
    expect(error.fields.map((violation) => violation.field)).toEqual([field]);
  });
});

describe('images', () => {
  it.each([
    ['small-cnn', { height: 15, width: 28 }],
    ['resnet-18', { height: 32, width: 7 }],
  ])('that are too small for %s are refused', (architecture, image) => {
    const error = errorOf(() => checkImageSize(architecture, image));
    expect(error.reason).toBe(ErrorReason.INVALID_FIELD);
    expect(error.fields[0].field).toBe('model.architecture');
    expect(error.message).toContain(`${image.height}x${image.width}`);
  });

  it('of the least size are taken', () => {
    expect(() => checkImageSize('small-cnn', { height: 16, width: 16 })).not.toThrow();
    expect(() => checkImageSize('wide-resnet', { height: 8, width: 8 })).not.toThrow();
  });
});
