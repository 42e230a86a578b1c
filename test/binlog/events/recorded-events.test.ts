import path from 'node:path';
import { execaSync } from 'execa';
import test from 'ava';
import type { BinlogEvent, QueryEvent } from '../../../src/binlog/index.js';
import { mysqlbinlog97 } from '../../servers/index.js';
import { fixturesFolder, readCase } from '../fixtures/cases.js';
import { eventsOf } from '../fixtures/events-of.js';

function eventsIn(name: string): BinlogEvent[] {
  return eventsOf(readCase(name).log);
}

function statements(events: readonly BinlogEvent[]): QueryEvent[] {
  return events.filter((event) => event.kind === 'query');
}

function gtids(events: readonly BinlogEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'gtid' ? (event.gtid ?? []) : []));
}

for (const name of [
  'changes-mysql-5.6',
  'changes-mysql-5.7',
  'changes-mysql-9.7',
  'changes-mariadb',
]) {
  test(`${name}: statements come out as they were sent`, (t) => {
    const { sql } = readCase(name);
    const ddl = statements(eventsIn(name)).filter((event) => event.sql.startsWith('CREATE'));
    t.is(ddl.length, 3);
    for (const event of ddl) {
      t.true(sql.includes(event.sql), event.sql);
      t.is(event.errorCode, 0);
      t.not(event.sqlMode, undefined);
    }
  });

  test(`${name}: each event starts where the one before ended`, (t) => {
    const events = eventsIn(name);
    for (const [i, event] of events.slice(1).entries())
      t.is(event.offset, events[i]?.endOffset ?? -1);
    t.is(events.at(-1)?.endOffset, readCase(name).log.length);
  });
}

test('XA PREPARE and one-phase XA COMMIT have the XID of the statements', (t) => {
  for (const name of ['changes-mysql-5.7', 'changes-mysql-9.7']) {
    const prepared = eventsIn(name).filter((event) => event.kind === 'xa-prepare');
    const hex = (text: string): string => `X'${Buffer.from(text).toString('hex')}'`;
    t.deepEqual(
      prepared.map(({ xid, onePhase }) => ({ xid, onePhase })),
      [
        { xid: `${hex('g')},${hex('b')},7`, onePhase: false },
        { xid: `${hex('one')},${hex('')},1`, onePhase: true },
      ],
      name,
    );
    t.true(statements(eventsIn(name)).some(({ sql }) => sql.startsWith("XA COMMIT X'67',X'62',7")));
  }
});

test('tagged and plain GTIDs and the GTIDs before a log are those that mysqlbinlog prints', (t) => {
  const [command, ...args] = mysqlbinlog97() ?? [];
  if (command === undefined) {
    t.log('skipped: MySQL 9.7 is not beside the repository');
    t.pass();
    return;
  }
  for (const name of [
    'changes-mysql-9.7-tagged-gtids',
    'types-mysql-9.7-compressed-transactions',
  ]) {
    const { stdout } = execaSync(command, [...args, path.join(fixturesFolder, name, 'log.binlog')]);
    const events = eventsIn(name);
    const printed = [...stdout.matchAll(/GTID_NEXT= '([^']+)'/g)].map((match) => match[1] ?? '');
    t.true(gtids(events).length > 5);
    t.deepEqual(
      gtids(events),
      printed.filter((text) => text !== 'AUTOMATIC'),
    );
    const before = events.find((event) => event.kind === 'gtid-list')?.gtidSet ?? '?';
    t.regex(before, /^[0-9a-f-]{36}:1(-\d+)?$/);
    t.true(stdout.includes(before));
  }
});

test('MariaDB GTIDs count up, and say which transactions have no COMMIT', (t) => {
  const events = eventsIn('changes-mariadb');
  const numbers = gtids(events).map((text) => /^0-1-(\d+)$/.exec(text)?.[1]);
  t.true(numbers.length > 10);
  for (const [i, number] of numbers.slice(1).entries())
    t.is(Number(number), Number(numbers[i]) + 1);
  for (const [i, event] of events.entries()) {
    if (event.kind !== 'gtid') continue;
    const next = events[i + 1];
    const isDdl = next?.kind === 'query' && /^(CREATE|XA)/.test(next.sql);
    t.is(event.standalone, isDdl, `${event.gtid ?? ''} before ${next?.kind ?? ''}`);
  }
});

test('events of a compressed transaction have the place of the whole', (t) => {
  const events = eventsIn('types-mysql-9.7-compressed-transactions');
  const inner = events.filter((event) => event.kind === 'rows' || event.kind === 'xid');
  t.true(inner.length > 10);
  for (const event of inner) {
    const xid = events.find((one) => one.kind === 'xid' && one.offset === event.offset);
    t.is(xid?.endOffset, event.endOffset);
    t.true(event.endOffset > event.offset);
  }
});
