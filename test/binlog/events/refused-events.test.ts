import test from 'ava';
import { EventDecoder, type BinlogEvent, type RawEvent } from '../../../src/binlog/index.js';
import { FlashError } from '../../../src/protocol/index.js';

function raw(type: number, flags = 0): RawEvent {
  return {
    header: {
      timeSeconds: 1,
      type,
      serverId: 1,
      flags,
      file: 'log.1',
      offset: 120,
      endOffset: 140,
    },
    body: new Uint8Array(20),
  };
}

function decode(type: number, flags = 0): BinlogEvent[] {
  return [...new EventDecoder().decode(raw(type, flags))];
}

test('events that may change rows in a way that the log does not hold stop with place and name', (t) => {
  const names = new Map([
    [6, 'LOAD'],
    [8, 'CREATE_FILE'],
    [12, 'NEW_LOAD'],
    [17, 'BEGIN_LOAD_QUERY'],
    [18, 'EXECUTE_LOAD_QUERY'],
    [20, 'WRITE_ROWS_V0'],
    [26, 'INCIDENT'],
    [164, 'START_ENCRYPTION'],
  ]);
  for (const [type, name] of names) {
    const error = t.throws(() => decode(type), { instanceOf: FlashError });
    t.is(error.code, 'UNSUPPORTED', name);
    t.true(error.message.startsWith(`log.1 at offset 120: ${name}`), error.message);
    t.deepEqual(error.place, { file: 'log.1', offset: 120 });
    t.truthy(error.hint);
  }
});

test('an unknown event is passed by only when it is marked as ignorable', (t) => {
  for (const type of [0, 43, 99, 100, 173, 255]) {
    const error = t.throws(() => decode(type), { instanceOf: FlashError });
    t.is(error.code, 'UNSUPPORTED');
    t.is(decode(type, 0x80)[0]?.kind, 'other');
  }
});

test('events that say nothing about rows are named', (t) => {
  const named = [3, 27, 29, 41, 160].map((type) => {
    const [event] = decode(type);
    return event?.kind === 'other' ? event.name : undefined;
  });
  t.deepEqual(named, ['STOP', 'HEARTBEAT', 'ROWS_QUERY', 'HEARTBEAT_V2', 'ANNOTATE_ROWS']);
});
