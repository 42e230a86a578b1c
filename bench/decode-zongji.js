// Decodes a log by a zongji, live from a server: run by decode.ts in a process of its own.
import { mainThreadSeconds } from './thread-seconds.js';

const [packageName, port, file, changes] = process.argv.slice(2);
const { default: ZongJi } = await import(packageName);

const zongji = new ZongJi({ host: '127.0.0.1', port: Number(port), user: 'root', password: '' });
const wanted = Number(changes);
let rows = 0;
const startMs = performance.now();
const startThread = mainThreadSeconds();
zongji.on('binlog', (event) => {
  if (event.rows === undefined) return;
  rows += event.rows.length;
  if (rows < wanted) return;
  const seconds = (performance.now() - startMs) / 1000;
  const threadSeconds = mainThreadSeconds() - startThread;
  console.log(JSON.stringify({ rows, seconds, threadSeconds }));
  process.exit(0);
});
zongji.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
zongji.start({
  filename: file,
  position: 4,
  includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows'],
});
