import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ModelSpecSchema, Precision } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { architectureOf } from '../../../services/numerics/models/architecture-spec.ts';
import { resolveModel } from '../../../services/spec/model.ts';
import { resolvePrecision } from '../../../services/spec/precision.ts';
import { expectRefused, refusal, UNKNOWN_VALUE } from './refusal.ts';

type ModelInit = Omit<MessageInitShape<typeof ModelSpecSchema>, '$typeName' | '$unknown'>;

const model = (init: ModelInit) => create(ModelSpecSchema, init);

describe('resolveModel', () => {
  test('fills in the defaults that an architecture has, and no others', () => {
    expect(resolveModel(model({ architecture: 'resnet' }), 'm')).toEqual(
      model({ architecture: 'resnet', depth: 8, width: 16 }),
    );
    expect(resolveModel(model({ architecture: 'resnet-18' }), 'm')).toEqual(model({ architecture: 'resnet-18' }));
    expect(resolveModel(model({ architecture: 'small-cnn', dropout: 0 }), 'm').dropout).toBe(0);
  });

  test.each(['small-cnn', 'resnet-small', 'resnet-18', 'resnet', 'wide-resnet'])(
    'twice is once: %s',
    (architecture) => {
      const once = resolveModel(model({ architecture }), 'm');
      expect(resolveModel(once, 'm')).toEqual(once);
      expect(architectureOf(once)).toMatchObject({ architecture });
    },
  );

  test.each<[string, ModelInit]>([
    ['depth', { architecture: 'resnet', depth: 9 }],
    ['depth', { architecture: 'resnet-18', depth: 18 }],
    ['width', { architecture: 'wide-resnet', width: 0 }],
    ['width', { architecture: 'small-cnn', width: 2 }],
    ['dropout', { architecture: 'small-cnn', dropout: 1 }],
    ['dropout', { architecture: 'small-cnn', dropout: Number.NaN }],
    ['dropout', { architecture: 'resnet', dropout: 0 }],
  ])('names %s as the request has it: %o', (field, init) => {
    expectRefused(() => resolveModel(model(init), 'spec.model'), `spec.model.${field}`);
  });

  test('needs an architecture', () => {
    expectRefused(() => resolveModel(undefined, 'spec.model'), 'spec.model.architecture');
    expectRefused(() => resolveModel(model({}), 'spec.model'), 'spec.model.architecture');
  });

  test('knows its architectures', () => {
    const { reason, fields, message } = refusal(() => resolveModel(model({ architecture: 'vgg' }), 'spec.model'));
    expect(reason).toBe(ErrorReason.UNKNOWN_MODEL);
    expect(fields.map(({ field }) => field)).toEqual(['spec.model.architecture']);
    expect(message).toContain("'vgg'");
    expect(message).toContain('wide-resnet');
  });
});

test('resolvePrecision knows bfloat16 and float32, which is also what is taken where none is given', () => {
  expect(resolvePrecision(Precision.UNSPECIFIED, 'p')).toBe(Precision.F32);
  expect(resolvePrecision(Precision.F32, 'p')).toBe(Precision.F32);
  expect(resolvePrecision(Precision.BF16, 'p')).toBe(Precision.BF16);
  expect(expectRefused(() => resolvePrecision(UNKNOWN_VALUE, 'spec.precision'), 'spec.precision')).toContain(
    'PRECISION_BF16',
  );
});
