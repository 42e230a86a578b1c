import { ByteReader } from '../byte-reader.js';
import type { EventHeader, GtidListEvent } from '../event.js';
import { uuidText } from './gtid.js';
import { SerializationReader } from './serialization-reader.js';

/**
 * Decodes PREVIOUS_GTIDS (35): the GTIDs of all earlier logs of the source.
 *
 *     +--------------+--------------------------------------------------+
 *     | source count | for each source:                                 |
 *     | 8            | id 16, [tag], interval count 8,                  |
 *     |              | for each interval: start 8, end 8 (after last)  |
 *     +--------------+--------------------------------------------------+
 *
 * The first word's top byte is 1 where sources have tags (MySQL 8.3, once a tagged GTID was used);
 * the count is then in its middle six bytes. The text is `uuid:1-5:7`, a tag stands before its
 * intervals: `uuid:1-5:tag:1-3`.
 * Source: MySQL 9.7 sql/rpl_gtid_set.cc, Gtid_set::encode.
 */
export function decodePreviousGtids(header: EventHeader, body: Uint8Array): GtidListEvent {
  const reader = new ByteReader(body, header);
  const word = reader.u64();
  const tagged = word >> 56n === 1n;
  const sourceCount = tagged ? (word >> 8n) & 0xffff_ffff_ffffn : word;
  const sources = new Map<string, string>();
  for (let i = 0n; i < sourceCount; i++) {
    const uuid = uuidText(reader.take(16));
    const tag = tagged ? new SerializationReader(reader).text() : '';
    const intervals = `${tag === '' ? '' : `${tag}:`}${readIntervals(reader)}`;
    const before = sources.get(uuid);
    sources.set(uuid, before === undefined ? intervals : `${before}:${intervals}`);
  }
  const gtidSet = [...sources].map(([uuid, intervals]) => `${uuid}:${intervals}`).join(',');
  return { kind: 'gtid-list', gtidSet, ...header };
}

function readIntervals(reader: ByteReader): string {
  const count = reader.u64();
  const intervals: string[] = [];
  for (let i = 0n; i < count; i++) {
    const first = reader.i64();
    const last = reader.i64() - 1n;
    if (first < 1n || last < first) throw reader.damaged(`the GTID interval ${first}-${last}`);
    intervals.push(first === last ? `${first}` : `${first}-${last}`);
  }
  if (intervals.length === 0) throw reader.damaged('a GTID source without transactions');
  return intervals.join(':');
}
