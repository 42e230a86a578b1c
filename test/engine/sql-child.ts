import { openEmbeddedEngine } from './open-engine.js';

// Run by embedded-crash.test.ts in a process of its own, which THEFLASH_FAILPOINT kills on the way:
// one SQL text.
const [folder = '', sql = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder);
await engine.execute(sql);
await engine.close();
