/** Settings of a process that can't be used; the message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
