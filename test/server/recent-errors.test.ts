// Goal: the last errors of each kind, however many there are of one.
import test from 'ava';
import { RecentErrors } from '../../src/server/recent-errors.js';

test('equal errors are one, with their number; the newest come first', (t) => {
  const errors = new RecentErrors();
  const lines: unknown[] = [];
  const log = errors.tap((...line) => {
    lines.push(line);
  });
  log('info', 'connection-ready', { connection: 1 });
  log('info', 'request-failed', { code: 'ENGINE', engineCode: 43, connection: 1 });
  for (let count = 0; count < 1000; count += 1) {
    log('info', 'request-failed', { code: 'AUTH', message: 'wrong', connection: count });
  }
  log('error', 'batch-not-closed');
  log('info', 'http-request-failed', { code: 'AUTH', engineCode: 194 });
  t.is(lines.length, 1004, 'the log has each');
  t.deepEqual(
    errors.list().map(({ event, fields, count }) => [event, fields['code'], count]),
    [
      ['batch-not-closed', undefined, 1],
      ['request-failed', 'AUTH', 1000],
      ['request-failed', 'ENGINE', 1],
    ],
  );
});

test('twenty kinds, and 500 letters of a text', (t) => {
  const errors = new RecentErrors();
  const log = errors.tap(() => undefined);
  for (let number = 0; number < 50; number += 1) {
    log('warn', 'x', { code: 'BUSY', message: `${number} ${'y'.repeat(1000)}` });
  }
  t.is(errors.list().length, 20);
  t.is(String(errors.list()[0]?.fields['message']).slice(0, 4), '49 y');
  t.is(String(errors.list()[0]?.fields['message']).length, 500);
});
