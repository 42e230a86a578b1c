import { readFileSync } from 'node:fs';
import type { Server } from '../../servers/index.js';

/** The one table that these tests write: an id and a JSON column. */
export const jsonTable = 'CREATE TABLE d.j (id INT NOT NULL PRIMARY KEY, v JSON)';

/** A change of `jsonTable` as the log holds it. */
export interface LoggedJson {
  id: number;
  /** The binary JSON of the inserted row, or of the image before an update. */
  value: Uint8Array;
  /** Of an update: the image after; differences where `isPartial`. */
  after: Uint8Array | undefined;
  isPartial: boolean;
}

const writeRows = 30;
const updateRows = 31;
const partialUpdateRows = 39;
const headerBytes = 19;
const checksumBytes = 4;

/**
 * Reads the changes of `jsonTable` out of a server's closed logs, by hand: these tests check the
 * JSON decoder alone, and expect of the log only that it is the server's.
 */
export function loggedJson(server: Server): LoggedJson[] {
  return server.binlogFiles().flatMap((file) => changesOf(readFileSync(file)));
}

/** What `SELECT` shows for each id, in UTF-8. */
export async function selectedTexts(server: Server): Promise<Map<number, string>> {
  const rows = await server.query(
    'SELECT id, HEX(CONVERT(v USING utf8mb4)) h FROM d.j ORDER BY id',
  );
  return new Map(
    rows.map((row) => [Number(row['id']), Buffer.from(String(row['h']), 'hex').toString('utf8')]),
  );
}

function changesOf(log: Buffer): LoggedJson[] {
  const changes: LoggedJson[] = [];
  for (let at = 4; at < log.length;) {
    const type = log.readUInt8(at + 4);
    const size = log.readUInt32LE(at + 9);
    const body = log.subarray(at + headerBytes, at + size - checksumBytes);
    if (type === writeRows || type === updateRows || type === partialUpdateRows) {
      changes.push(...rowsOf(type, body));
    }
    at += size;
  }
  return changes;
}

/** Body: table id 6, flags 2, extra data (2 + n), column count 1, bitmap(s) of one byte, rows. */
function rowsOf(type: number, body: Buffer): LoggedJson[] {
  const rows: LoggedJson[] = [];
  const isUpdate = type !== writeRows;
  let at = 8 + body.readUInt16LE(8) + 1 + (isUpdate ? 2 : 1);
  const readImage = (): { id: number; value: Buffer } => {
    const start = at + 1 + 4 + 4;
    const end = start + body.readUInt32LE(start - 4);
    const image = { id: body.readInt32LE(at + 1), value: body.subarray(start, end) };
    at = end;
    return image;
  };
  while (at < body.length) {
    const { id, value } = readImage();
    let isPartial = false;
    if (type === partialUpdateRows) {
      const hasPartial = (body.readUInt8(at++) & 1) === 1;
      isPartial = hasPartial && (body.readUInt8(at++) & 1) === 1;
    }
    rows.push({ id, value, after: isUpdate ? readImage().value : undefined, isPartial });
  }
  return rows;
}
