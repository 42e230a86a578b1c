// Writes the row changes of a log as one Arrow file, as the writer hands them to the engine: run by
// replay.ts in a process of its own.
import { writeFileSync } from 'node:fs';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';
import type { Engine, WriteBatch } from '../src/protocol/index.js';
import { openSource } from '../src/source/index.js';
import { replay } from '../src/writer/index.js';

const [log = '', folder = '', arrowFile = ''] = process.argv.slice(2);
const engine = await openEmbeddedEngine(folder, { create: true });
const whole = { bytesMax: 2 ** 31, rowsMax: 1e9, ageMaxMs: 1e9 };
await replay(await openSource([log], { stdin: process.stdin }), copying(engine), { limits: whole });
await engine.close();

/** The engine, with the rows of the bench's table written to the file too. */
function copying(engine: Engine): Engine {
  const openBatch = async (): Promise<WriteBatch> => {
    const batch = await engine.openBatch();
    return {
      reserveVersions: (count) => batch.reserveVersions(count),
      append: async (table, stream) => {
        if (table.database === 'bench') writeFileSync(arrowFile, stream, { flag: 'wx' });
        await batch.append(table, stream);
      },
      commit: (source, checkpoint) => batch.commit(source, checkpoint),
      close: () => batch.close(),
    };
  };
  return {
    location: engine.location,
    execute: (sql, options) => engine.execute(sql, options),
    query: (sql, options) => engine.query(sql, options),
    insertRows: (table, stream) => engine.insertRows(table, stream),
    openBatch,
    readCheckpoint: (source) => engine.readCheckpoint(source),
    info: () => engine.info(),
    close: () => engine.close(),
  };
}
