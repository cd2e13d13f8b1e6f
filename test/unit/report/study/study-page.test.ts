import { beforeAll, describe, expect, it } from 'vitest';
import type { PictureGroup } from '../../../../services/report/page-pictures.ts';
import type { Cell } from '../../../../services/report/study/cell.ts';
import { studyPanels } from '../../../../services/report/study/panels.ts';
import { drawPanelPlots } from '../../../../services/report/study/plots/draw-study-plots.ts';
import { studyPage } from '../../../../services/report/study/study-page.ts';
import { studyRows } from '../../../../services/report/study/study-rows.ts';
import { studySentences } from '../../../../services/report/study/study-sentences.ts';
import { sampleCell, sampleCells } from './sample-study.ts';

async function pageOf(cells: readonly Cell[], pictures?: PictureGroup[]): Promise<string> {
  const rows = studyRows(cells);
  const panels = studyPanels(rows, cells);
  const drawn = await Promise.all(panels.map(async (panel) => ({ panel, plots: await drawPanelPlots(panel) })));
  return studyPage(rows, cells, drawn, pictures);
}

/** Elements that are opened and not closed, or the other way round; SVG and HTML here close all but these. */
const VOID = new Set(['meta', 'img', 'br', 'wbr', '!doctype']);
function unbalanced(page: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of page.matchAll(/<(\/?)([!\w]+)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (VOID.has(name!) || self) continue;
    if (!close) open.push(name!);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

describe('studyPage', () => {
  const cells = [...sampleCells('trades', [1, 2]), ...sampleCells('mart', [1])];
  let page: string;
  beforeAll(async () => {
    page = await pageOf(cells);
  });

  it('has every row with its figures, settings and plots', () => {
    const rows = studyRows(cells);
    for (const { name } of rows) expect(page).toContain(`<code>${name}</code>`);
    expect(page.match(/<th scope="row">adv-glister 30 %<\/th>/g)).toHaveLength(2);
    expect(page.match(/<th scope="row">full, 30 % of the epochs<\/th>/g)).toHaveLength(2);
    expect(page).toMatch(/<th scope="row">full<\/th><td>2<\/td>(<td>[^<]*<\/td>){3}<td>baseline<\/td>/);
    expect(page).toMatch(/<td>44\.\d ± 0\.\d<\/td>/);
    expect(page).toMatch(/<td>-3\.\d ± 0\.\d<\/td>/);
    expect(page).toContain('eps 8/255 (0.03137254901960784), 50 steps of 2/255, 10 restarts, on 1000 test examples');
    expect(page).toContain('eps 8/255, on 250 test examples, seeds 1');
    expect(page).toContain('cpu Some CPU, cores 2, memory 24 GiB, device cpu');
    expect(page).toContain('winnow 0.1.0');
    expect(page.match(/<svg role="img" aria-label="[^"]{60,}"/g)).toHaveLength(10);
  });

  it('says what came out, in sentences', () => {
    const rows = studyRows(cells);
    for (const sentence of studySentences(rows, cells, studyPanels(rows, cells)))
      expect(page).toContain(`<p>${sentence.replaceAll("'", '&#39;')}</p>`);
  });

  it('loads and runs nothing', () => {
    expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"');
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(["']?http|\son\w+=/i);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    for (const address of addresses) expect(address).toMatch(/^(data:image\/png;base64,|study\.json$|#)/);
  });

  it('is well marked up', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page).toContain('<title>Study: TRADES, MART on cifar10</title>');
    expect(unbalanced(page)).toEqual([]);
    for (const table of page.match(/<table[\s\S]*?<\/table>/g)!) {
      expect(table).toContain('<caption>');
      expect(table).not.toMatch(/<th\b(?! (class="group" )?scope=)/);
    }
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).not.toMatch(/\b(NaN|Infinity|undefined|null)\b/);
  });

  it('is the same for the same cells', async () => {
    expect(await pageOf(cells)).toBe(page);
  });

  it('shows signs of masked gradients once, with the models that gave them', async () => {
    const warning = 'Random noise took 9.0 % off the accuracy.';
    const warned = await pageOf([sampleCell({ warnings: [warning] }), sampleCell({ seed: 2 })]);
    expect(warned.split(warning)).toHaveLength(2);
    expect(warned).toContain('cifar10/trades/full, seed 1, best model; cifar10/trades/full, seed 1, last model');
    expect(page).not.toContain('Signs of masked gradients');
  });

  it('warns of seconds from several machines', async () => {
    const [a, b] = [sampleCell(), sampleCell({ seed: 2 })];
    const mixed = await pageOf([a, { ...b, machine: { cpu: 'Other' } }]);
    expect(mixed).toContain('compare passes, not seconds');
    expect(mixed).toContain('cpu Other, device cpu (1 runs)');
    expect(page).not.toContain('compare passes, not seconds');
  });

  it('escapes whatever others named', async () => {
    const hostile = `<img src=x onerror=alert(1)>"&'`;
    const cell = sampleCell({
      dataset: hostile,
      objective: hostile,
      scorer: hostile,
      fraction: 0.3,
      warnings: [hostile],
    });
    cell.classNames[3] = hostile;
    cell.machine[hostile] = hostile;
    const png = new Uint8Array([137, 80, 78, 71]);
    const marked = await pageOf([sampleCell(), cell], [{ title: hostile, images: [{ png, caption: hostile }] }]);
    expect(marked).not.toMatch(/<img src=x/i);
    expect(marked).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;&#39;');
    expect(marked).toContain('src="data:image/png;base64,iVBORw=="');
    expect(unbalanced(marked)).toEqual([]);
  });

  it('shows a study of one row, one without evaluations, and one of nothing', async () => {
    const pages = [
      await pageOf([sampleCell({ autoAttack: false, last: false })]),
      await pageOf([{ ...sampleCell(), evaluations: [], epochs: [], machine: {}, versions: {} }]),
      await pageOf([]),
    ];
    for (const sparse of pages) {
      expect(unbalanced(sparse)).toEqual([]);
      expect(sparse).not.toMatch(/\b(NaN|Infinity|undefined|null)\b/);
    }
    expect(pages[0]).toContain('<th scope="col">PGD, %</th>');
    expect(pages[0]).not.toContain('<th scope="col">AutoAttack, %</th>');
    expect(pages[1]).not.toContain('<h2>Plots</h2>');
    expect(pages[2]).toContain('No row is complete yet.');
  });
});
