/** Which way code may depend: the picture in the README, as rules. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^services/${from}/` },
  to: {
    path: '^(services|clients|test|deploy)/',
    pathNot: `^services/((${[from, ...to].join('|')})/|app-error\\.ts$)`,
  },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('platform-is-a-foundation', 'platform', [], 'platform knows nothing of what travels over it'),
    only('numerics-is-a-foundation', 'numerics', [], 'numerics does tensors, no I/O'),
    only('selection-is-pure', 'selection', [], 'selectors take numbers and give sets'),
    only('dataset', 'dataset', ['numerics'], 'data sets know tensors at most'),
    only('index-set', 'index-set', ['platform'], 'index sets travel over the platform'),
    only('spec', 'spec', ['numerics', 'selection'], 'specs are checked against what models and selectors there are'),
    only('report', 'report', [], 'reports are made from messages alone'),
    only(
      'scoring',
      'scoring',
      ['dataset', 'numerics', 'platform', 'selection', 'spec', 'index-set'],
      'scoring and training meet in proto only',
    ),
    only(
      'training',
      'training',
      ['dataset', 'numerics', 'platform', 'spec', 'index-set'],
      'scoring and training meet in proto only',
    ),
    {
      name: 'clients-are-outsiders',
      comment: 'clients see generated code, the calls and the report',
      severity: 'error',
      from: { path: '^clients/' },
      to: { path: '^services/', pathNot: '^services/(platform/(rpc|telemetry)/|report/|app-error\\.ts$)' },
    },
    {
      name: 'one-door-to-tensorflow',
      severity: 'error',
      from: { path: '^(services|clients)/', pathNot: '^services/numerics/backend\\.ts$' },
      to: { path: '@tensorflow' },
    },
    {
      name: 'one-door-to-nats',
      severity: 'error',
      from: { path: '^(services|clients)/', pathNot: '^services/platform/bus/' },
      to: { path: 'node_modules/nats/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^proto/gen' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node'],
    },
  },
};
