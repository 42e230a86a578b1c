import { Errors } from '@oclif/core';
import test from 'ava';
import { describeError, formatReport, reportToJson } from '../../src/cli/index.js';
import { errorCodes, FlashError, type ErrorCode } from '../../src/protocol/index.js';

for (const code of Object.keys(errorCodes) as ErrorCode[]) {
  test(`${code} ends with the exit code of who has to act`, (t) => {
    const report = describeError(new FlashError(code, 'It failed'), false);
    t.is(report.exitCode, errorCodes[code].blame === 'usage' ? 2 : 1);
  });
}

test('an error is one paragraph: what, where, what to do', (t) => {
  const error = new FlashError(
    'BINLOG_FORMAT',
    'The checksum is wrong\n  after a WRITE_ROWS event',
    {
      hint: 'Copy the file again.',
      place: { file: '/logs/binlog.000001', offset: 1234, table: 'shop.orders' },
    },
  );
  t.is(
    formatReport(describeError(error, false)),
    'Error: The checksum is wrong after a WRITE_ROWS event (/logs/binlog.000001, offset 1234, table shop.orders). Copy the file again.',
  );
});

test('a place that the message names is not named again', (t) => {
  const error = new FlashError('BINLOG_FORMAT', 'binlog.000001 ends early at 99', {
    place: { file: '/logs/binlog.000001', offset: 99 },
  });
  t.is(formatReport(describeError(error, false)), 'Error: binlog.000001 ends early at 99.');
});

test('with --json an error is a document of code, message, hint and place', (t) => {
  const error = new FlashError('NOT_FOUND', 'No table x', { place: { table: 'x' } });
  t.deepEqual(reportToJson(describeError(error, false)), {
    error: { code: 'NOT_FOUND', message: 'No table x', hint: null, place: { table: 'x' } },
  });
});

test('anything that is no FlashError is a bug, shown with its stack and how to report it', (t) => {
  const cause = new RangeError('deep below');
  const text = formatReport(describeError(new TypeError('oops', { cause }), false));
  t.regex(text, /^Error: oops\. This is a bug in TheFlash: please report it .*\n/);
  t.regex(text, /error-report\.test\.ts/);
  t.regex(text, /Caused by: RangeError: deep below/);
});

test('a stack of a known error is shown for debugging only', (t) => {
  const error = new FlashError('ENGINE', 'refused', { cause: new Error('why') });
  t.is(describeError(error, false).detail, undefined);
  t.regex(describeError(error, true).detail ?? '', /Caused by: Error: why/);
});

test('wrong flags are wrong usage', (t) => {
  const error = new Errors.CLIError('Nonexistent flag: --foo\nSee more help with --help');
  const report = describeError(error, false);
  t.is(report.exitCode, 2);
  t.is(
    formatReport(report),
    'Error: Nonexistent flag: --foo. Run the command with --help for its flags and examples.',
  );
});

test('names from files and servers move no cursor', (t) => {
  const error = new FlashError('NOT_FOUND', 'binlog.index names \u001b]0;x\u0007\u001b[2J', {
    place: { table: 'a\rb' },
    hint: 'Copy \u202elog.',
  });
  const text = formatReport(describeError(error, true));
  t.regex(
    text,
    /^Error: binlog\.index names \\x1b\]0;x\\x07\\x1b\[2J \(table a\\rb\)\. Copy \\x202elog\./,
  );
  // eslint-disable-next-line no-control-regex -- what must not be there
  t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});
