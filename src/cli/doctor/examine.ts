import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FlashError, type Engine } from '../../protocol/index.js';
import { openSource, openTableServer, type AddressDefaults } from '../../source/index.js';
import { fail, ok, warn, type Finding } from './finding.js';
import {
  judgeClock,
  judgeDisk,
  judgeFsync,
  judgeMemory,
  judgeNode,
  judgeOpenFiles,
  judgeSandbox,
} from './judge.js';

/** What is looked at, and by what. */
export interface DoctorPorts {
  /** The engine's folder, which need not be there; or the URL of a server. */
  engine: string;
  /** Opens it. Errors: those of the engine. */
  openEngine: () => Promise<Engine>;
  /** Where ch.so is. Errors: TOOL. */
  findLibrary: () => string;
  /** Where a program is in PATH. */
  findProgram: (names: readonly string[]) => Promise<string | undefined>;
  source: { url: string; defaults: AddressDefaults } | undefined;
}

/** Looks at machine, engine and source; the first thing that fails hides no other. */
export async function examine(ports: DoctorPorts): Promise<Finding[]> {
  const isServed = ports.engine.includes('://');
  const library = examineLibrary(ports.findLibrary);
  const hasLibrary = library.every(({ status }) => status === 'ok');
  const source = await examineSource(ports.source);
  return [
    judgeNode(process.versions.node),
    ...library,
    await examineCompiler(ports.findProgram, hasLibrary),
    ...(isServed ? [] : await examineDisk(ports.engine)),
    judgeMemory(Math.min(os.totalmem(), process.constrainedMemory() || Infinity)),
    judgeOpenFiles(await readFilesMax()),
    judgeClock(Date.now(), source.aheadMs),
    ...(hasLibrary || isServed ? await examineEngine(ports, isServed) : []),
    ...source.findings,
    await examineJdk(ports.findProgram),
  ];
}

function examineLibrary(findLibrary: () => string): Finding[] {
  const mend = 'theflash build-ch';
  try {
    const file = findLibrary();
    const engine = path.join(path.dirname(file), 'libchdb.so');
    return [
      ok('ch.so', file),
      existsSync(engine) ? ok('libchdb', engine) : fail('libchdb', `${engine} is missing`, mend),
    ];
  } catch (error) {
    return [fail('ch.so', textOf(error), mend)];
  }
}

async function examineCompiler(
  findProgram: DoctorPorts['findProgram'],
  hasLibrary: boolean,
): Promise<Finding> {
  const wanted = [['cmake'], ['g++', 'c++', 'clang++']] as const;
  const found = await Promise.all(wanted.map((names) => findProgram(names)));
  const missing = wanted.flatMap(([name], index) => (found[index] === undefined ? [name] : []));
  if (missing.length === 0) return ok('compiler', found.join(', '));
  const what = `${missing.join(' and ')} missing`;
  if (hasLibrary) return ok('compiler', `${what}, and not needed: ch.so is built`);
  return fail('compiler', `${what}, which build-ch needs`, 'apt-get install cmake g++');
}

async function examineJdk(findProgram: DoctorPorts['findProgram']): Promise<Finding> {
  const wanted = ['javac', 'mvn'] as const;
  const found = await Promise.all(wanted.map((name) => findProgram([name])));
  const missing = wanted.filter((_, index) => found[index] === undefined);
  if (missing.length === 0) return ok('jdk', found.join(', '));
  return warn(
    'jdk',
    `${missing.join(' and ')} missing: theflash spark-jar can’t build the connector`,
    'apt-get install openjdk-17-jdk-headless maven',
  );
}

const fsyncs = 20;

async function examineDisk(engine: string): Promise<Finding[]> {
  let folder = path.resolve(engine);
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    const disk = judgeDisk(folder, bavail * bsize, blocks * bsize);
    return [disk, judgeFsync(await measureFsync(folder))];
  } catch (error) {
    const mend = `let the user write there (chown $(id -un) ${folder}), or name another folder: --engine DIR`;
    return [fail('disk', `${folder} can't be written: ${textOf(error)}`, mend)];
  }
}

/** Beside the engine's files, and gone after it. Units: ms. */
async function measureFsync(folder: string): Promise<number> {
  const own = await mkdtemp(path.join(folder, '.theflash-doctor-'));
  try {
    const file = await open(path.join(own, 'file'), 'w');
    const times: number[] = [];
    try {
      for (let count = 0; count < fsyncs; count += 1) {
        const startedMs = performance.now();
        await file.write(new Uint8Array(4096));
        await file.sync();
        times.push(performance.now() - startedMs);
      }
    } finally {
      await file.close();
    }
    return times.sort((a, b) => a - b)[fsyncs / 2] ?? 0;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function readFilesMax(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const text = /^Max open files +(\S+)/m.exec(limits)?.[1] ?? '';
  return text === 'unlimited' ? Infinity : Number(text);
}

async function examineEngine(
  { engine, openEngine }: DoctorPorts,
  isServed: boolean,
): Promise<Finding[]> {
  if (!isServed && !existsSync(engine)) return [ok('engine', `${engine} is not there yet`)];
  try {
    const opened = await openEngine();
    try {
      const { engineVersion, sandbox } = await opened.info();
      return [ok('engine', `${engine}: ClickHouse ${engineVersion}`), judgeSandbox(sandbox)];
    } finally {
      await opened.close();
    }
  } catch (error) {
    const found = { what: textOf(error), mend: hintOf(error) };
    const isInUse = error instanceof FlashError && error.code === 'IN_USE';
    return [
      isInUse ? warn('engine', found.what, found.mend) : fail('engine', found.what, found.mend),
    ];
  }
}

async function examineSource(
  source: DoctorPorts['source'],
): Promise<{ findings: Finding[]; aheadMs: number | undefined }> {
  if (source === undefined) return { findings: [], aheadMs: undefined };
  const { url, defaults } = source;
  const notes: string[] = [];
  let aheadMs: number | undefined;
  try {
    const server = await openTableServer(url, { defaults });
    try {
      const [row] = await server.query('SELECT UNIX_TIMESTAMP(NOW(6))');
      aheadMs = Date.now() - Number(row?.[0]) * 1000;
    } finally {
      server.close();
    }
    const onNote = (line: string): void => {
      notes.push(line);
    };
    const live = { follow: true, defaults, onNote };
    (await openSource([url], { stdin: process.stdin, live })).close?.();
  } catch (error) {
    return { findings: [sourceFailure(error)], aheadMs };
  }
  const [name = '', ...others] = notes;
  const findings = [ok('source', name), ...others.map((note) => noteFinding(note))];
  return { findings, aheadMs };
}

/** Where there are several reasons, the message has each with what mends it. */
function sourceFailure(error: unknown): Finding {
  const [, what, list] = /^(.* reasons): (.*)$/s.exec(textOf(error)) ?? [];
  if (what === undefined || list === undefined) return fail('source', textOf(error), hintOf(error));
  return fail('source', what, list);
}

/** A note of the source's closes with what to do about it. */
function noteFinding(note: string): Finding {
  const [, what = note, mend = 'see docs/operations.md, Follow a running server'] =
    /^(.*?[.:]) (SET GLOBAL .*)$/s.exec(note) ?? [];
  return warn('source settings', what, mend);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown): string {
  const hint = error instanceof FlashError ? error.hint : undefined;
  return hint ?? 'see docs/operations.md for this error';
}
