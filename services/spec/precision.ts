import { Precision } from '../../proto/gen/winnow/v1/model_pb.ts';
import { invalidField } from '../app-error.ts';

/** The arithmetic asked for; float32 where none is. INVALID_FIELD for one that is not known. */
export function resolvePrecision(precision: Precision, field: string): Precision {
  if (precision === Precision.UNSPECIFIED) return Precision.F32;
  if (precision === Precision.F32 || precision === Precision.BF16) return precision;
  throw invalidField(field, `${precision} is not known; use PRECISION_F32 or PRECISION_BF16`);
}
