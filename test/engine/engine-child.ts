import { openEmbeddedEngine, type EmbeddedEngineOptions } from '../../src/engine/index.js';
import { FlashError, queryRows, type Engine, type ErrorCode } from '../../src/protocol/index.js';
import { buildStream, type Change } from './change-builder.js';
import { keyedTable } from './engine-suite.js';

/** What to do in the process that has the engine; see engine-process.ts. */
export type Command =
  | { do: 'open'; folder: string; options: EmbeddedEngineOptions }
  | { do: 'execute'; sql: string }
  | { do: 'query'; sql: string }
  | { do: 'batch'; writes: readonly BatchWrite[]; commit: { source: string; text: string } | null }
  | { do: 'checkpoint'; source: string }
  | { do: 'set-environment'; name: string; value: string }
  | { do: 'close' };

/** One append of a batch: rows of `database.t`, a table of `id` and `v`. */
export interface BatchWrite {
  database: string;
  isKeyed: boolean;
  changes: readonly Change[];
}

export type Answer =
  | { kind: 'done'; value: unknown }
  | { kind: 'failed'; code: ErrorCode | 'OTHER'; message: string; hint: string | undefined };

let engine: Engine | undefined;

// Run by engine-process.ts in a process of its own, which may be killed at any moment.
process.on('message', (command: Command) => {
  void answer(command).then((sent) => process.send?.(sent));
});

async function answer(command: Command): Promise<Answer> {
  try {
    return { kind: 'done', value: await carryOut(command) };
  } catch (error) {
    const [code, hint] =
      error instanceof FlashError ? ([error.code, error.hint] as const) : (['OTHER'] as const);
    const message = error instanceof Error ? error.message : 'unknown';
    return { kind: 'failed', code, message, hint };
  }
}

async function carryOut(command: Command): Promise<unknown> {
  if (command.do === 'open') {
    engine = await openEmbeddedEngine(command.folder, command.options);
    return undefined;
  }
  if (command.do === 'set-environment') {
    // Node hands it to the C library, where ch.so reads it.
    process.env[command.name] = command.value;
    return undefined;
  }
  if (engine === undefined) throw new Error('the engine is not open');
  switch (command.do) {
    case 'execute':
      await engine.execute(command.sql);
      return undefined;
    case 'query':
      return await queryRows(engine, command.sql);
    case 'checkpoint':
      return await engine.readCheckpoint(command.source);
    case 'batch':
      await writeBatch(engine, command);
      return undefined;
    case 'close':
      await engine.close();
      return undefined;
  }
}

async function writeBatch(
  open: Engine,
  { writes, commit }: Extract<Command, { do: 'batch' }>,
): Promise<void> {
  const batch = await open.openBatch();
  try {
    for (const { database, isKeyed, changes } of writes) {
      const schema = { ...keyedTable(database), primaryKey: isKeyed ? ['id'] : [] };
      const first = await batch.reserveVersions(changes.length);
      await batch.append(schema, buildStream(schema, changes, first));
    }
    if (commit !== null) await batch.commit(commit.source, commit.text);
  } finally {
    await batch.close();
  }
}
