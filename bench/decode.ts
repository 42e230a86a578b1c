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
  { bytes, file }: RecordedLog,
): Promise<void> {
  const measured = new Map<string, Decoding[]>(peers.map(([who]) => [who, []]));
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
    return failure === undefined
      ? { who, ...figuresOf(measured.get(who) ?? [], bytes) }
      : { who, failure };
  });
  const input = `${wideAndNarrowChanges} row changes, ${bytes} bytes (${path.relative(repositoryFolder, file)})`;
  const name = quick.length > 0 ? 'decode-quick' : 'decode';
  report(name, input, [
    ...figures,
    { who: 'times the best zongji, by the clock', ratio: times(measured, (one) => one.seconds) },
    {
      who: 'times the best zongji, by the main thread’s processor time',
      ratio: times(measured, threadSeconds),
    },
  ]);
}

function figuresOf(all: readonly Decoding[], bytes: number): Record<string, number> {
  const seconds = median(all.map((one) => one.seconds));
  const peak = Math.max(...all.map((one) => one.peakRssBytes));
  const thread = round(median(all.map(threadSeconds)), 2);
  return {
    ...rates(wideAndNarrowChanges, bytes, seconds),
    ...(Number.isNaN(thread) ? {} : { 'main thread s': thread }),
    'peak MiB': Math.round(peak / 2 ** 20),
  };
}

/** How often ours fits into the time of the best other decoder of the same kind. */
function times(
  measured: ReadonlyMap<string, readonly Decoding[]>,
  clock: (one: Decoding) => number,
): number {
  const others = [...measured].filter(([who, all]) => who.includes('zongji') && all.length > 0);
  const best = Math.min(...others.map(([, all]) => median(all.map(clock))));
  return round(best / median((measured.get(ours) ?? []).map(clock)), 1);
}

/** Time from the first byte to the last row, start-up left out; of programs that print text, all. */
interface Decoding extends Measured {
  /** Processor time of the main thread; not known of programs that print text. */
  threadSeconds?: number;
}

function threadSeconds(one: Decoding): number {
  return one.threadSeconds ?? Number.NaN;
}

async function decode(who: string, command: readonly string[]): Promise<Decoding> {
  const printsText = command.includes('-vv');
  const one = await measure(command, !printsText);
  if (printsText) return one;
  const told = JSON.parse(one.stdout) as { rows: number; seconds: number; threadSeconds: number };
  if (told.rows !== wideAndNarrowChanges) throw new Error(`${who} gave ${told.rows} row changes`);
  return { ...one, seconds: told.seconds, threadSeconds: told.threadSeconds };
}
