// What the engine alone needs for the rows of an Arrow file: run by replay.ts in a process of its own.
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';

const [folder = '', createTable = '', target = '', arrowFile = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder, { create: true, allowExternal: true });
await engine.execute('CREATE DATABASE IF NOT EXISTS bench');
await engine.execute(createTable);
const startMs = performance.now();
await engine.execute(`IMPORT INTO ${target} SELECT * FROM file('${arrowFile}', 'ArrowStream')`);
console.log(JSON.stringify({ seconds: (performance.now() - startMs) / 1000 }));
await engine.close();
