/** Longest side of an image in pixels: far above any training set here, and it bounds what a forged header can ask for. */
export const MAX_SIDE = 4096;

/** Largest pixel array in bytes: what one buffer holds in every supported Node; bigger data would not fit in memory anyway. */
export const MAX_PIXEL_BYTES = 2 ** 32 - 1;

/** Most classes: labels are stored in 16 bits. */
export const MAX_CLASSES = 2 ** 16;

/** Most examples of a split: the product of two such counts stays an exact integer (below 2^53) in the share arithmetic. */
export const MAX_EXAMPLES = 2 ** 26;
