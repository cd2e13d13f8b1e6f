#!/usr/bin/env node
// Known vulnerabilities in what is installed in production: fails from "high" on. A registry without the audit service, as
// mirrors are, is said and passes: nothing could be asked.
import { spawnSync } from 'node:child_process';

const FAILS_FROM = ['high', 'critical'];

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', shell: false });
/** @type {{ error?: { summary?: string }, message?: string, metadata?: { vulnerabilities: Record<string, number> } }} */
const report = JSON.parse(stdout || '{}');
if (!report.metadata) {
  console.warn(`audit: not possible here: ${report.message ?? report.error?.summary ?? 'npm gave no report'}`);
  process.exit(0);
}
const { vulnerabilities } = report.metadata;
const serious = FAILS_FROM.reduce((sum, level) => sum + (vulnerabilities[level] ?? 0), 0);
console.log(`audit: ${JSON.stringify(vulnerabilities)}`);
if (serious > 0) {
  console.error(
    `audit: ${serious} are ${FAILS_FROM.join(' or ')}; "npm audit --omit=dev" tells which, "npm audit fix" mends most`,
  );
  process.exitCode = 1;
}
