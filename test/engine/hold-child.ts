import { openEmbeddedEngine } from '../../src/engine/index.js';

// Run by embedded-crash.test.ts: holds a folder open, with scans and a batch under way, and then
// waits to be killed, exits, or closes the engine, as THEFLASH_TEST_END says.
const [folder = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder);
const endless = 'SELECT sum(sipHash64(number, number)) FROM numbers(1000000000000)';
const scans = await Promise.all([engine.query('SELECT 1'), engine.query(endless)]);
for (const scan of scans)
  scan[Symbol.asyncIterator]()
    .next()
    .catch(() => undefined);
await engine.openBatch();
process.stdout.write('open\n');
switch (process.env['THEFLASH_TEST_END']) {
  case 'exit':
    process.exit(0);
  // eslint-disable-next-line no-fallthrough -- process.exit does not return
  case 'close':
    await engine.close();
    break;
  default:
    process.stdin.resume();
}
