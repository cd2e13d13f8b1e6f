import { create } from '@bufbuild/protobuf';
import { type ModelSpec, ModelSpecSchema } from '../../proto/gen/winnow/v1/model_pb.ts';
import { invalidField } from '../app-error.ts';
import { architectureOf, resolveArchitecture } from '../numerics/models/architecture-spec.ts';
import { renameField } from './rename-field.ts';

/** A model with its defaults filled in. UNKNOWN_MODEL, or INVALID_FIELD naming the field as the request has it. */
export function resolveModel(model: ModelSpec | undefined, field: string): ModelSpec {
  if (!model?.architecture) throw invalidField(`${field}.architecture`, 'is missing; for example "resnet-18"');
  try {
    return create(ModelSpecSchema, { ...resolveArchitecture(architectureOf(model)) });
  } catch (error) {
    throw renameField(error, 'model', field);
  }
}
