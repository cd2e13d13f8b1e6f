/** The lower-case name of a generated enum's value, with '-' for '_'; "unknown" for a value of a newer version. */
export function enumWord(values: Readonly<Record<string, number>>, value: number): string {
  const name = Object.keys(values).find((key) => values[key] === value);
  return name === undefined ? 'unknown' : name.toLowerCase().replaceAll('_', '-');
}
