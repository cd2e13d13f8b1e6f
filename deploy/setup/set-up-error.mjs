/** A set-up failure that was foreseen: every problem is one line that names what is wrong and the remedy. */
export class SetUpError extends Error {
  /**
   * @param {readonly string[]} problems one line each
   * @param {string} [detail] the end of a failed program's output, shown below the problems
   */
  constructor(problems, detail = '') {
    super([...problems, ...(detail ? [detail] : [])].join('\n'));
    this.name = 'SetUpError';
    this.problems = problems;
    this.detail = detail;
  }
}

/**
 * Prints a failed set-up for people: one line per problem, no stack trace. Rethrows what is a fault of ours.
 * @param {unknown} error
 * @param {(line: string) => void} [print]
 */
export function printSetUpError(error, print = console.error) {
  if (error instanceof SetUpError) {
    for (const problem of error.problems) print(`set-up: ${problem}`);
    if (error.detail) print(error.detail);
  } else if (error instanceof Error && 'syscall' in error) {
    // A disk that fills up, or a folder whose permissions change, in the middle of the work.
    print(`set-up: ${error.message}; check that path's free space and permissions, then run the set-up again`);
  } else {
    throw error;
  }
}
