// Serves the example scorer: node dist/clients/node/examples/serve-coverage.js HOST:PORT
import { serveScorer } from '../serve-scorer.ts';
import { coverageScorer } from './coverage-scorer.ts';

const { address } = await serveScorer(coverageScorer, { address: process.argv[2] ?? '127.0.0.1:7450' });
process.stdout.write(`${JSON.stringify({ scorer: coverageScorer.name, address })}\n`);
