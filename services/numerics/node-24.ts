import util from 'node:util';

/**
 * Restores `util.isNullOrUndefined`, which Node 24 removed and the TensorFlow binding still calls.
 * Imported for its effect, before the binding.
 */
const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
