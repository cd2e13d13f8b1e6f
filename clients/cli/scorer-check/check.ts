import type { Finding } from './finding.ts';
import type { Subject } from './subject.ts';

/** One check of a scorer that has described itself. */
export interface Check {
  /** Two or three words, unique. */
  readonly name: string;
  /** A failed call becomes a failure of the check. */
  run(subject: Subject): Promise<Finding>;
}
