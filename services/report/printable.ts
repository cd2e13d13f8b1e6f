/** Control, formatting and unpaired surrogate characters: they could steer a terminal, break XML or turn text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A text on one line without characters that can't be seen, cut to `length` characters; for names and messages of others. */
export function printable(text: string, length = Number.POSITIVE_INFINITY): string {
  const characters = [...text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim()];
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 2).join('')}..`;
}
