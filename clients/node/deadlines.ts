/** Reads of what a service already knows. */
export const READ_TIMEOUT_MS = 30_000;
/** Creating a run: the service may first read and hash the whole data set. */
export const CREATE_TIMEOUT_MS = 180_000;
/** Downloading the largest model, at a slow link's 1 MB/s. */
export const DOWNLOAD_TIMEOUT_MS = 600_000;
/** Explaining reads a data set and the sets of all rounds first. */
export const EXPLAIN_TIMEOUT_MS = 5 * 60_000;
/** Showing examples reads a data set first. */
export const SHOW_TIMEOUT_MS = 180_000;
/** Uploading the largest model, at a slow link's 1 MB/s, and checking it. */
export const UPLOAD_TIMEOUT_MS = 20 * 60_000;
