export default {
  files: ['test/**/*.test.ts', '!test/soak/**'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  concurrency: 2,
  timeout: '4m',
};
