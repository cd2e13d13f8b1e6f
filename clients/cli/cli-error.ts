/** An expected failure of the command itself (not of a call): its message is all the user needs, the remedy included. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
