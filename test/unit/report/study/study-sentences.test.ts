import { describe, expect, it } from 'vitest';
import { studyPanels } from '../../../../services/report/study/panels.ts';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { studySentences } from '../../../../services/report/study/study-sentences.ts';
import { type CellChanges, sampleCell, sampleCells } from './sample-study.ts';

function sentences(...changes: CellChanges[]): string[] {
  return sentencesOf(changes.map((change) => sampleCell(change)));
}

function sentencesOf(cells: ReturnType<typeof sampleCells>): string[] {
  const rows = studyRows(cells);
  return studySentences(rows, cells, studyPanels(rows, cells));
}

const FULL = { pgd: 0.446, seconds: 1200 };
const match = { scorer: 'adv-grad-match', fraction: 0.3 };
const glister = { scorer: 'adv-glister', fraction: 0.3 };
const random = { scorer: 'random', fraction: 0.3, pgd: 0.415, seconds: 370 };
const short = { epochsShare: 0.3, pgd: 0.422, seconds: 360 };

describe('studySentences', () => {
  it('names the rows that keep up, the fastest of them, and the controls', () => {
    expect(
      sentences(
        FULL,
        short,
        random,
        { ...match, pgd: 0.445, seconds: 480 },
        { ...match, bullet: true, pgd: 0.45, seconds: 400 },
        { ...glister, pgd: 0.43, seconds: 300 },
      ),
    ).toEqual([
      "TRADES on cifar10, 30 % kept: adv-grad-match and adv-grad-match + Bullet-Train are within 0.5 points of full data's 44.6 % under PGD, or above it. " +
        'The fastest of them, adv-grad-match + Bullet-Train, trains 3.0x as fast as full data by seconds, and 3.0x by passes.',
      'The best scorer, adv-grad-match + Bullet-Train, reaches 45.0 %; with as many updates, random examples 41.5 % and full data for 30 % of the epochs 42.2 %.',
      expect.stringMatching(/^Every figure is of one seed\. .* can differ by up to 4\.4 points\.$/),
    ]);
  });

  it('takes half a point as close, and no more', () => {
    const [close] = sentences(FULL, random, { ...match, pgd: 0.441, seconds: 400 });
    expect(close).toContain('adv-grad-match is within 0.5 points');
    const [nearest] = sentences(FULL, random, { ...match, pgd: 0.4405, seconds: 400 }, { ...glister, pgd: 0.43 });
    expect(nearest).toContain("no pruned row is within 0.5 points of full data's 44.6 % under PGD. ");
    expect(nearest).toContain('The nearest, adv-grad-match, is 0.6 points below and trains 3.0x as fast as full data');
  });

  it('says where controls do no worse, and where there are none', () => {
    const [, beaten] = sentences(FULL, short, { ...random, pgd: 0.44 }, { ...match, pgd: 0.43 });
    expect(beaten).toMatch(/So no scorer does better than the controls\.$/);
    expect(sentences(FULL, { ...match, pgd: 0.43 })[1]).toMatch(/; no control of its size was measured\.$/);
  });

  it('compares with the control under the same training attack', () => {
    const [, first] = sentences(
      FULL,
      random,
      { ...random, bullet: true, pgd: 0.4 },
      { ...match, bullet: true, pgd: 0.43 },
    );
    expect(first).toContain('random examples with Bullet-Train 40.0 %');
    expect(first).not.toContain('41.5 %');
  });

  it('says what is slower than full data', () => {
    const [first] = sentences(FULL, { ...match, pgd: 0.446, seconds: 2400 });
    expect(first).toContain('It trains 0.5x as fast as full data by seconds');
  });

  it('compares nothing where full data is no better than one answer to all, missing, or alone', () => {
    const [chance] = sentences({ ...FULL, pgd: 0.1 }, random, { ...match, pgd: 0.1 });
    expect(chance).toContain(
      'full data reaches 10.0 % under PGD, no more than the same answer to every image (10.0 %)',
    );
    expect(chance).not.toContain('within');
    expect(sentences(random, { ...match, pgd: 0.4 })[0]).toContain('full data was not measured');
    expect(sentences(FULL)[0]).toContain('no pruned row is measured yet');
    expect(sentencesOf([])).toEqual(['No row is complete yet.']);
  });

  it('counts the comparisons of several, and speaks of means over seeds', () => {
    const all = sentencesOf([...sampleCells('trades'), ...sampleCells('mart', [1, 2])]);
    expect(all).toHaveLength(4);
    expect(all[0]).toMatch(/^In 2 of 2 comparisons a pruned row is within 0\.5 points/);
    expect(all[3]).toMatch(/^Figures are means over up to 3 seeds\./);
  });

  it('says how another objective on full data does', () => {
    const [, , first] = sentences(
      FULL,
      random,
      { ...match, pgd: 0.446 },
      { objective: 'fast-at', pgd: 0.401, seconds: 300 },
    );
    expect(first).toMatch(/^FAST-AT, full: 40\.1 %, 4\.0x as fast as full data here\.$/);
  });
});
