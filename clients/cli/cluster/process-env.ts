// Raising these three keeps large tensors on the heap instead of mapping and unmapping pages at every step.
const LARGE_BYTES = 1024 ** 3;
// glibc before 2.35 refuses a threshold above half its 64 MiB heaps, and would then fall back to 128 KiB.
const OLD_GLIBC_LIMIT_BYTES = 32 * 1024 ** 2;
const TOP_PAD_BYTES = 64 * 1024 ** 2;

/**
 * The environment of a service process: the caller's own without its WINNOW_ keys (those are the command's, and services
 * refuse keys they don't know), settings for TensorFlow and the allocator, and `wiring`.
 */
export function serviceEnvironment(
  wiring: Readonly<Record<string, string>>,
  base: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const inherited = Object.entries(base).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('WINNOW_'),
  );
  return { TF_CPP_MIN_LOG_LEVEL: '2', ...allocatorEnvironment(), ...Object.fromEntries(inherited), ...wiring };
}

/** glibc's allocator settings, in bytes. */
export function allocatorEnvironment(glibc = glibcVersion()): Record<string, string> {
  if (glibc === undefined) return {};
  const threshold = String(minorOf(glibc) >= 35 ? LARGE_BYTES : OLD_GLIBC_LIMIT_BYTES);
  return {
    MALLOC_MMAP_THRESHOLD_: threshold,
    MALLOC_TRIM_THRESHOLD_: threshold,
    MALLOC_TOP_PAD_: String(TOP_PAD_BYTES),
  };
}

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}

/** glibc's version such as "2.36", or undefined on musl and elsewhere. */
function glibcVersion(): string | undefined {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime;
}
