// A server in a process of its own, with limits that `serve` has no flags for: run by limits-process.ts.
import { startServer, openJsonLog, type ServeOptions } from '../../src/server/index.js';
import { openEmbeddedEngine } from '../../src/engine/index.js';

const [folder = '', given = '{}'] = process.argv.slice(2);
const options = JSON.parse(given) as Partial<ServeOptions>;
const engine = await openEmbeddedEngine(folder);
const server = await startServer(engine, {
  host: '127.0.0.1',
  port: 0,
  version: '0.0.0-test',
  metrics: { host: '127.0.0.1', port: 0 },
  ...options,
  log: openJsonLog((line) => process.stderr.write(line)),
});
process.stdout.write(`${server.port} ${server.metricsUrl}\n`);
process.once('SIGTERM', () => {
  void server
    .close()
    .then(() => engine.close())
    .then(() => process.exit(0));
});
