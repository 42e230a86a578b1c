// Files run two at a time: what takes long begins first, so that neither place is empty at the end.
const longFirst = [
  ...[
    'verify/repair',
    'engine/sandbox',
    'e2e/kill',
    'load/load-dump',
    'e2e/resync',
    'e2e/first-load',
  ],
  ...['load/live', 'e2e/', 'spark/', 'verify/', 'engine/', 'follow/', 'writer/', 'server/'],
].map((name) => `/test/${name}`);

function placeOf(file) {
  const place = longFirst.findIndex((name) => file.includes(name));
  return place === -1 ? longFirst.length : place;
}

function compareFiles(one, other) {
  return placeOf(one) - placeOf(other) || (one < other ? -1 : 1);
}

export default {
  files: ['test/**/*.test.ts', '!test/soak/**'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=./scripts/testing/typescript.js'],
  workerThreads: false,
  require: ['./test/end-process.ts'],
  // What test/engine/ways-out looks for in the environment of the engine's process.
  environmentVariables: { THEFLASH_TEST_CANARY: 'canary-5f1c77' },
  concurrency: 2,
  sortTestFiles: compareFiles,
  // Without an assertion: what hangs, and not what takes long on a slow, loaded machine.
  timeout: '15m',
};
