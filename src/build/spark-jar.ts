import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { FlashError } from '../protocol/index.js';
import type { Steps } from './steps.js';
import { findProgram } from './toolchain.js';

/** The versions of Spark that there is a connector for. */
export const sparkVersions = ['3.5', '4.0', '4.1', '4.2'] as const;
export type SparkVersion = (typeof sparkVersions)[number];

/** The Scala versions that Spark comes with. */
export const scalaVersions = ['2.12', '2.13'] as const;
export type ScalaVersion = (typeof scalaVersions)[number];

export interface SparkJarRequest {
  /** The project's folder: spark-connector/ lies in it. */
  root: string;
  spark: SparkVersion;
  /** Missing: that of Spark's own download. */
  scala?: ScalaVersion | undefined;
  /** Bring an Arrow of its own, under another name. */
  shaded: boolean;
  steps: Steps;
  /** PATH, for the search of mvn and javac. */
  searchPath: string;
  /** Where it is built if the project's folder is read-only, as an installed package may be. */
  cacheFolder: string;
}

/** A connector that was built. */
export interface SparkJar {
  jar: string;
  bytes: number;
  spark: SparkVersion;
  scala: ScalaVersion;
}

const javaMin = 17;

/**
 * Builds the Spark connector with Maven, and gives the place of its jar.
 *
 * Errors: TOOL where a JDK or Maven is missing or the build fails; INVALID_REQUEST for a Scala that
 * the Spark does not come with.
 */
export async function buildSparkJar(request: SparkJarRequest): Promise<SparkJar> {
  const { root, spark, shaded, steps } = request;
  const scala = request.scala ?? (spark === '3.5' ? '2.12' : '2.13');
  const module = `spark-${spark}_${scala}`;
  const source = path.join(root, 'spark-connector');
  if (!(await exists(path.join(source, module, 'pom.xml')))) {
    throw new FlashError('INVALID_REQUEST', `Spark ${spark} does not come with Scala ${scala}.`, {
      hint: 'Leave --scala out, or give the one that your Spark says when it starts.',
    });
  }
  const mvn = await findMaven(request.searchPath);
  const { folder, logs } = await chooseFolder(source, request);
  const log = path.join(logs, `${module}.log`);
  await steps.run(`compile and pack ${module}`, async () => {
    await runMaven(mvn, folder, log, [
      ...['--batch-mode', '--no-transfer-progress', '-DskipTests'],
      ...['--projects', module, '--also-make', ...(shaded ? ['-Pshade'] : []), 'package'],
    ]);
  });
  const name = `theflash-${module}-${await connectorVersion(folder)}${shaded ? '-shaded' : ''}.jar`;
  const jar = path.join(folder, module, 'target', name);
  return { jar, bytes: (await stat(jar)).size, spark, scala };
}

/** Where Maven works: in the project, or in a copy of the connector's sources, which is made anew each time. */
async function chooseFolder(
  source: string,
  { root, cacheFolder }: SparkJarRequest,
): Promise<{ folder: string; logs: string }> {
  if (await isWritable(source)) return { folder: source, logs: path.join(root, 'build', 'spark') };
  const folder = path.join(cacheFolder, 'spark-connector');
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await cp(source, folder, {
      recursive: true,
      filter: (file) => path.basename(file) !== 'target',
    });
    // The copies of what is read-only are so, too, until now.
    const copies = await readdir(folder, { recursive: true, withFileTypes: true });
    const folders = copies.filter((each) => each.isDirectory());
    for (const each of folders) await chmod(path.join(each.parentPath, each.name), 0o755);
  } catch (cause) {
    throw new FlashError('TOOL', `The connector can't be built: ${folder} can't be written.`, {
      hint: 'Set XDG_CACHE_HOME to a folder that can be.',
      cause,
    });
  }
  return { folder, logs: cacheFolder };
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Gives the version of the Maven project, which is part of the jar's name. */
async function connectorVersion(folder: string): Promise<string> {
  const pom = await readFile(path.join(folder, 'pom.xml'), 'utf8');
  return /<version>(.*?)<\/version>/.exec(pom)?.[1] ?? 'unknown';
}

async function findMaven(searchPath: string): Promise<string> {
  const mvn = await findProgram(['mvn'], searchPath);
  const javac = await findProgram(['javac'], searchPath);
  if (mvn === undefined || javac === undefined) {
    const missing = [
      ...(javac === undefined ? ['JDK'] : []),
      ...(mvn === undefined ? ['Maven'] : []),
    ].join(' and no ');
    const packages = [
      ...(javac === undefined ? ['openjdk-17-jdk-headless'] : []),
      ...(mvn === undefined ? ['maven'] : []),
    ].join(' ');
    throw new FlashError('TOOL', `The connector can't be built: the PATH has no ${missing}.`, {
      hint: `On Debian and Ubuntu: sudo apt-get install ${packages}`,
    });
  }
  const { stdout } = await execa(javac, ['-version'], { reject: false, stdin: 'ignore' });
  const version = Number(/^javac (\d+)/.exec(stdout)?.[1] ?? 0);
  if (version >= javaMin) return mvn;
  throw new FlashError('TOOL', `The connector needs a JDK of version 17: ${javac} is ${stdout}.`, {
    hint: 'On Debian and Ubuntu: sudo apt-get install openjdk-17-jdk-headless',
  });
}

async function runMaven(
  mvn: string,
  folder: string,
  log: string,
  args: readonly string[],
): Promise<void> {
  const { exitCode, all } = await execa(mvn, args, {
    cwd: folder,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  await mkdir(path.dirname(log), { recursive: true });
  await writeFile(log, all);
  if (exitCode === 0) return;
  const errors = all.split('\n').filter((line) => line.startsWith('[ERROR]'));
  throw new FlashError('TOOL', `mvn failed: ${errors.slice(0, 5).join('\n')}`, {
    hint: `The whole output is in ${log}. The first build downloads Spark: it needs Maven Central.`,
  });
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
