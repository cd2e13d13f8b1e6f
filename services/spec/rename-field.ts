import { AppError } from '../app-error.ts';

/**
 * An error that a check threw, its fields and message speaking of `to` where they spoke of `from`: a check names the
 * field as it knows it, a request may hold it elsewhere. Errors without fields, and others than AppError, stay as they are.
 */
export function renameField(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof AppError) || error.fields.length === 0) return error;
  const rename = (text: string) =>
    text === from || text.startsWith(`${from}.`) || text.startsWith(`${from}:`) ? to + text.slice(from.length) : text;
  const fields = error.fields.map((violation) => ({ ...violation, field: rename(violation.field) }));
  return new AppError(error.reason, rename(error.message), { fields, cause: error.cause });
}
