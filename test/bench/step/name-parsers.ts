import { InvalidArgumentError } from '@commander-js/extra-typings';
import { namesList } from '../../../clients/cli/args/lists.ts';

/** A parser of one of some names, whatever their case. */
export function oneOf<Name extends string>(known: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = known.find((name) => name === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError(`there are ${known.join(', ')}.`);
    return found;
  };
}

/** A parser of one or more of some names: "at,trades". */
export function someOf<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) => namesList(text).map(oneOf(known));
}
