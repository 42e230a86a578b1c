// Goal: our decoder beside others on the same bytes, in one run.
// Method: a log recorded by MySQL 5.7. Ours reads the file into Arrow columns. The zongjis are
// clients, and get the same log from a server that has it as its own. The servers' own tools print
// it as text to nowhere.
import path from 'node:path';
import { mysqlbinlog97, repositoryFolder, startMysql57 } from '../test/servers/index.js';
import { measure, median, type Measured } from './measure.js';
import { recordLog, type RecordedLog } from './recorded-log.js';
import { type Figures, rates, report, round } from './report.js';
import { wideAndNarrow, wideAndNarrowChanges } from './wide-and-narrow.js';

const runs = 3;
const ours = 'theflash';
const quick = process.argv.includes('quick') ? ['quick'] : [];
const verbose = ['-vv', '--base64-output=DECODE-ROWS'];
const node = [process.execPath, '--import=tsx'];
const here = import.meta.dirname;

const log = await recordLog(wideAndNarrow);
const server = await startMysql57({ binlogs: [log.file] });
try {
  await server.query(`SET sql_log_bin = 0; ${log.schema}`);
  const zongji = (name: string): string[] => {
    const script = path.join(here, 'decode-zongji.js');
    const wanted = String(wideAndNarrowChanges);
    return [...node, script, name, String(server.port), path.basename(log.file), wanted];
  };
  const peers: [string, readonly string[]][] = [
    [ours, [...node, path.join(here, 'decode-ours.ts'), log.file, 'ch.so', ...quick]],
    [
      'theflash, TypeScript alone',
      [...node, path.join(here, 'decode-ours.ts'), log.file, 'typescript', ...quick],
    ],
    ['@powersync/mysql-zongji', zongji('@powersync/mysql-zongji')],
    ['@vlasky/zongji', zongji('@vlasky/zongji')],
    ['mariadb-binlog -vv', ['mariadb-binlog', ...verbose, log.file]],
  ];
  const mysqlbinlog = mysqlbinlog97();
  if (mysqlbinlog === undefined) console.log('mysqlbinlog 9.7 is missing: left out');
  else peers.push(['mysqlbinlog 9.7 -vv', [...mysqlbinlog, ...verbose, log.file]]);
  await comparePeers(peers, log);
} finally {
  await server.stop();
}

/** Runs the peers in turn, so that what disturbs the machine disturbs all of them. */
async function comparePeers(
  peers: readonly [string, readonly string[]][],
  { bytes }: RecordedLog,
): Promise<void> {
  const measured = new Map<string, Measured[]>(peers.map(([who]) => [who, []]));
  const failures = new Map<string, string>();
  for (let run = 0; run < runs; run += 1) {
    for (const [who, command] of peers) {
      if (failures.has(who)) continue;
      try {
        measured.get(who)?.push(await decode(who, command));
      } catch (error) {
        // A peer that can't read this log is reported as such; ours has to.
        if (who.startsWith(ours)) throw error;
        const reason = error instanceof Error ? error.message : 'unknown';
        failures.set(who, reason.replaceAll(`${repositoryFolder}/`, '').slice(0, 200));
      }
    }
  }
  const figures = peers.map(([who]): Figures => {
    const failure = failures.get(who);
    if (failure !== undefined) return { who, failure };
    const all = measured.get(who) ?? [];
    const seconds = median(all.map((one) => one.seconds));
    const peak = Math.max(...all.map((one) => one.peakRssBytes));
    const peakMib = Math.round(peak / 2 ** 20);
    return { who, ...rates(wideAndNarrowChanges, bytes, seconds), 'peak MiB': peakMib };
  });
  const input = `${wideAndNarrowChanges} row changes, ${bytes} bytes (${path.relative(repositoryFolder, log.file)})`;
  const fastest = Math.min(
    ...figures.flatMap((one) =>
      one.who.includes('zongji') && typeof one['seconds'] === 'number' ? [one['seconds']] : [],
    ),
  );
  const own = figures[0]?.['seconds'];
  const times = typeof own === 'number' ? round(fastest / own, 1) : 0;
  const name = quick.length > 0 ? 'decode-quick' : 'decode';
  report(name, input, [...figures, { who: 'times the best npm decoder', ratio: times }]);
}

async function decode(who: string, command: readonly string[]): Promise<Measured> {
  const printsText = command.includes('-vv');
  const one = await measure(command, !printsText);
  return printsText ? one : { ...one, seconds: decodeSeconds(who, one) };
}

/** The time from the first byte to the last row, start-up left out. */
function decodeSeconds(who: string, { stdout }: Measured): number {
  const { rows, seconds } = JSON.parse(stdout) as { rows: number; seconds: number };
  if (rows !== wideAndNarrowChanges) throw new Error(`${who} gave ${rows} row changes`);
  return seconds;
}
