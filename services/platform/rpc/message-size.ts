/**
 * Largest message accepted unless told otherwise, bytes: 16 MiB. A batch of examples with their features, or the index
 * set of an ImageNet-sized run with weights, stays well below; gRPC's own 4 MiB does not hold them.
 */
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
