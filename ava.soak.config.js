import base from './ava.config.js';

// What takes longer than `npm test` may: `npm run test:soak`.
export default { ...base, files: ['test/soak/**/*.test.ts'], concurrency: 1, timeout: '60m' };
