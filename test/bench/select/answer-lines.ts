import { createInterface } from 'node:readline';

/** What a process of a bench can be told to do. */
export type Answers = Readonly<Record<string, (request: never) => unknown>>;

/** Answers each line of JSON, `{"do": NAME, ...}`, with one, until standard input ends. */
export async function answerLines(answers: Answers): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: kind, ...request } = JSON.parse(line) as { do: string };
    let answer: unknown;
    try {
      answer = await answers[kind](request as never);
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
  }
}
