#!/usr/bin/env node
// The bill of materials of what is installed in production, CycloneDX, into dist/sbom.cdx.json. Fails for a licence that
// would bind whoever ships Winnow.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const OUTPUT = 'dist/sbom.cdx.json';
const ALLOWED =
  /^(MIT(-0)?|ISC|Apache-2\.0|0?BSD(-[23]-Clause)?|BlueOak-1\.0\.0|Python-2\.0|CC0-1\.0|Unlicense|OFL-1\.1)$/;
// sharp's image library is linked to at run time, as the LGPL asks for; resvg's is a file-level copyleft.
const LINKED = /^(@img\/sharp-|@resvg\/)/;

const { stdout, stderr, status } = spawnSync('npm', ['sbom', '--omit=dev', '--sbom-format', 'cyclonedx'], {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
if (status !== 0) {
  console.error(`sbom: ${stderr}`);
  process.exit(1);
}
/** @type {{ components: { name: string, version: string, licenses?: ({ license: { id?: string, name?: string } } | { expression: string })[] }[] }} */
const bill = JSON.parse(stdout);

/** @param {string} expression */
const isAllowed = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => ALLOWED.test(licence.trim())));

const refused = bill.components.flatMap(({ name, version, licenses = [] }) => {
  const found = licenses.map((entry) =>
    'expression' in entry ? entry.expression : (entry.license.id ?? entry.license.name ?? ''),
  );
  if (LINKED.test(name) || (found.length > 0 && found.every(isAllowed))) return [];
  return [`${name}@${version}: ${found.join(', ') || 'no licence named'}`];
});
mkdirSync('dist', { recursive: true });
writeFileSync(OUTPUT, stdout);
console.log(`sbom: ${bill.components.length} components in ${OUTPUT}`);
if (refused.length > 0) {
  console.error(`sbom: licences to look at:\n  ${refused.join('\n  ')}`);
  process.exitCode = 1;
}
