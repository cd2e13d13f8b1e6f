import { create } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { FallbackSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { RunState, Split } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerFallback } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { reportPage } from '../../../services/report/page.ts';
import type { PictureGroup } from '../../../services/report/page-pictures.ts';
import { drawPlots } from '../../../services/report/plots/draw-plots.ts';
import { resultSentences } from '../../../services/report/result-sentences.ts';
import { type RunRecord, summarise } from '../../../services/report/summary.ts';
import { contrast } from './contrast.ts';
import { fullAndPruned, runRecord } from './sample-runs.ts';

async function page(records: RunRecord[], pictures?: PictureGroup[]): Promise<string> {
  const summary = summarise(records, { versions: { winnow: '0.1.0' } });
  return reportPage(summary, records, await drawPlots(summary, records), pictures);
}

describe('reportPage', () => {
  let html: string;
  beforeAll(async () => {
    html = await page(fullAndPruned());
  });

  it('says the result, the figures, the settings and how to read them', () => {
    for (const sentence of resultSentences(summarise(fullAndPruned()))) expect(html).toContain(`<p>${sentence}</p>`);
    expect(html).toMatch(/<th scope="row">robust PGD-10 eps 0\.3<\/th><td>90\.3 %<\/td><td>88\.1 %<\/td>/);
    expect(html).toMatch(/<th scope="row">seed<\/th><td>7<\/td><td>7<\/td>/);
    expect(html).toContain('PGD-10: eps 0.3, 10 steps of 0.075');
    expect(html).toContain('SGD, learning rate 0.05, momentum 0.9, weight decay 0');
    expect(html).toContain('upper bound');
    expect(html).toContain('winnow 0.1.0');
    expect(html).toContain('href="index-sets/adv-grad-match-30-round-2.json"');
    expect(html.match(/<svg role="img" aria-label="[^"]{40,}"/g)).toHaveLength(5);
  });

  it('says of a round that something took the place of its scorer', async () => {
    const [full, pruned] = fullAndPruned();
    const [first, ...others] = pruned!.indexSets;
    const fallback = create(FallbackSchema, { kind: ScorerFallback.RANDOM, reason: "scorer 'near' <is> away" });
    const text = await page([full!, { ...pruned!, indexSets: [{ ...first!, fallback }, ...others] }]);
    expect(text).toContain('(a random set, as scorer &#39;near&#39; &lt;is&gt; away)');
    expect(html).not.toContain('a random set, as');
  });

  it('names the held-out examples a run was measured on, in settings and history', async () => {
    const record = runRecord({ dataset: { trainExamples: 100, validationExamples: 20, testExamples: 30 } });
    for (const { evaluation } of record.run.history) evaluation!.split = Split.VALIDATION;
    const alone = await page([record]);
    expect(alone).toContain('mnist: 100 training, 20 held-out and 30 test examples');
    expect(alone).toContain('<th scope="col">held-out robust</th>');
    expect(html).not.toContain('held-out robust');
  });

  it('loads and runs nothing', () => {
    expect(html).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"');
    expect(html).not.toMatch(/<script|<link|<iframe|@import|url\(["']?http|\son\w+=/i);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    for (const address of addresses) expect(address).toMatch(/^(data:image\/png;base64,|index-sets\/|#)/);
  });

  it('is well marked up: one h1, a title, a language, every table headed and captioned', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html).toContain('<title>adv-grad-match 30% against full</title>');
    const tables = html.match(/<table[\s\S]*?<\/table>/g)!;
    expect(tables).toHaveLength(5);
    for (const table of tables) {
      expect(table).toContain('<caption>');
      expect(table).toContain('scope="col"');
      expect(table).not.toMatch(/<th\b(?! (class="group" )?scope=)/);
    }
  });

  it('gives every SVG ids of its own, so that no plot takes the colours of another', async () => {
    const records = [...fullAndPruned(), runRecord({ pruned: true, name: 'random' })];
    const ids = [...(await page(records)).matchAll(/\bid="([^"]+)"/g)].map((match) => match[1]!);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    const used = [...html.matchAll(/url\(#([^)]+)\)/g)].map((match) => match[1]!);
    for (const id of used) expect(html).toContain(`id="${id}"`);
  });

  it('has readable text and lines in the light and in the dark', () => {
    const [light, dark] = [...html.matchAll(/:root \{ ([^}]+) \}/g)].map((match) =>
      Object.fromEntries([...match[1]!.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, colour]) => [name, colour])),
    ) as [Record<string, string>, Record<string, string>];
    for (const colours of [light, dark]) {
      for (const background of [colours.paper!, colours.shade!]) {
        for (const name of ['ink', 'muted', 'link']) expect(contrast(colours[name]!, background)).toBeGreaterThan(4.5);
      }
      for (let n = 1; n <= 8; n += 1) expect(contrast(colours[`series-${n}`]!, colours.paper!)).toBeGreaterThan(3);
    }
    expect(html).toContain('stroke="var(--series-1)"');
    expect(html).not.toMatch(/(fill|stroke)="#ffffff"/);
  });

  it('escapes whatever others named', async () => {
    const hostile = `<img src=x onerror=alert(1)>"&'`;
    const record = runRecord({
      pruned: true,
      name: hostile,
      device: hostile,
      state: RunState.FAILED,
      failure: { reason: ErrorReason.INTERNAL, message: `</table><script>alert(1)</script>` },
    });
    record.run.spec!.selection!.scorer = hostile;
    record.run.spec!.dataset!.name = hostile;
    record.run.result!.attackName = hostile;
    record.run.dataset!.classNames[3] = hostile;
    const png = new Uint8Array([137, 80, 78, 71]);
    const marked = await page([runRecord(), record], [{ title: hostile, images: [{ png, caption: hostile }] }]);
    expect(marked).not.toMatch(/<img src=x|<script|<\/table><script/);
    expect(marked).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;&#39;');
    expect(marked).toContain('src="data:image/png;base64,iVBORw=="');
  });

  it('is the same for the same runs', async () => {
    expect(await page(fullAndPruned())).toBe(html);
  });

  it('reports one run, a run without anything measured, and none', async () => {
    const alone = await page([runRecord()]);
    expect(alone).toContain('There is no pruned run to compare it with.');
    expect(alone).not.toContain('Rounds of selection');
    const bare = await page([
      runRecord({ history: [], result: undefined, cost: undefined, state: RunState.CANCELLED, epochsDone: 0 }),
    ]);
    expect(bare).toContain('full cancelled after 0 of 10 epochs.');
    expect(bare).not.toContain('<h2>Plots</h2>');
    expect(await page([])).toContain('There are no runs to report.');
    for (const markup of [html, alone, bare]) expect(markup).not.toMatch(/\b(NaN|Infinity|undefined|null)\b/);
  });
});
