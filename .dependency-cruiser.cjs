/**
 * Imports point down only: commands → cli → server, writer → source, binlog, engine → protocol.
 * A folder that a layer may use is listed in `mayUse`; everything else of ours is out of its reach.
 */
const mayUse = {
  commands: [
    'cli',
    'follow',
    'verify',
    'build',
    'server',
    'load',
    'writer',
    'source',
    'binlog',
    'engine',
    'protocol',
  ],
  library: ['writer', 'source', 'engine', 'protocol'],
  cli: ['build', 'server', 'verify', 'load', 'writer', 'source', 'binlog', 'engine', 'protocol'],
  server: ['source', 'binlog', 'engine', 'protocol'],
  follow: ['load', 'writer', 'source', 'engine', 'protocol'],
  verify: ['load', 'writer', 'source', 'binlog', 'engine', 'protocol'],
  load: ['writer', 'source', 'binlog', 'engine', 'protocol'],
  writer: ['source', 'binlog', 'engine', 'protocol'],
  source: ['protocol'],
  binlog: ['protocol'],
  engine: ['protocol'],
  build: ['protocol'],
  protocol: [],
};

const layerRules = Object.entries(mayUse).map(([layer, allowed]) => ({
  name: `${layer}-imports-down`,
  comment: `src/${layer} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing of ours'}.`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
}));

/** Node's modules that reach the world outside the process's memory. */
const outside =
  '^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads)(/|$)';

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'siblings-by-index',
      comment: "A folder's insides are its own: others import its index.ts.",
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/.',
        pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/[^/]+/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'pure-core',
      comment: 'protocol and binlog take bytes and give values; they open nothing.',
      severity: 'error',
      from: { path: '^src/(protocol|binlog)/' },
      to: { dependencyTypes: ['core'], path: outside },
    },
    {
      name: 'ffi-in-one-place',
      comment: 'Only the embedded engine speaks to native code.',
      severity: 'error',
      from: { pathNot: '^src/engine/embedded/' },
      to: { path: 'node_modules/koffi' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A source file that nobody imports is dead, or not wired up.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/commands/' },
      to: {},
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/' },
    },
    {
      name: 'product-without-dev-dependencies',
      comment:
        'What users install has no development dependencies. (bin/ has a package.json of its own, ' +
        'which says CommonJS and lists none; it uses oclif alone.)',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'product-without-tests',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
