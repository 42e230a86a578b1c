export default {
  files: ['test/**/*.test.ts', '!test/soak/**'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=./scripts/testing/typescript.js'],
  workerThreads: false,
  require: ['./test/end-process.ts'],
  // What test/engine/ways-out looks for in the environment of the engine's process.
  environmentVariables: { THEFLASH_TEST_CANARY: 'canary-5f1c77' },
  concurrency: 2,
  timeout: '4m',
};
