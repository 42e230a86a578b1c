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
    [1, 'START_V3'],
    [6, 'LOAD'],
    [7, 'SLAVE'],
    [8, 'CREATE_FILE'],
    [9, 'APPEND_BLOCK'],
    [10, 'EXEC_LOAD'],
    [11, 'DELETE_FILE'],
    [12, 'NEW_LOAD'],
    [17, 'BEGIN_LOAD_QUERY'],
    [18, 'EXECUTE_LOAD_QUERY'],
    [20, 'WRITE_ROWS_V0'],
    [21, 'UPDATE_ROWS_V0'],
    [22, 'DELETE_ROWS_V0'],
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
  const names = new Map([
    [3, 'STOP'],
    [5, 'INTVAR'],
    [13, 'RAND'],
    [14, 'USER_VAR'],
    [27, 'HEARTBEAT'],
    [28, 'IGNORABLE'],
    [29, 'ROWS_QUERY'],
    [36, 'TRANSACTION_CONTEXT'],
    [37, 'VIEW_CHANGE'],
    [41, 'HEARTBEAT_V2'],
    [160, 'ANNOTATE_ROWS'],
    [161, 'BINLOG_CHECKPOINT'],
  ]);
  for (const [type, name] of names) {
    const [event] = decode(type);
    t.is(event?.kind === 'other' ? event.name : undefined, name);
  }
});
