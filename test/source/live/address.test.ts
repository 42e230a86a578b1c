import test from 'ava';
import type { FlashError } from '../../../src/protocol/index.js';
import { addressText, parseServerUrl } from '../../../src/source/live/address.js';

test('a URL says all that a connection needs', (t) => {
  const url =
    'mariadb://repl%40x:p%2Fw%25@db.example.com:3307/?ssl-mode=verify_ca&ssl-ca=ca.pem&connect-timeout=3';
  const address = parseServerUrl(url);
  t.deepEqual(address, {
    host: 'db.example.com',
    port: 3307,
    user: 'repl@x',
    password: 'p/w%',
    tls: { mode: 'VERIFY_CA', ca: 'ca.pem' },
    connectTimeoutMs: 3000,
  });
  t.is(addressText(address), 'repl@x@db.example.com:3307');
});

test('what the URL leaves out comes from elsewhere, and the URL wins', (t) => {
  const defaults = { user: 'u', password: 'secret', host: 'elsewhere', port: '1234' };
  t.like(parseServerUrl('mysql:///', defaults), { ...defaults, port: 1234 });
  t.like(parseServerUrl('mysql://me:own@here:99', defaults), {
    host: 'here',
    port: 99,
    user: 'me',
    password: 'own',
  });
  t.like(parseServerUrl('mysql://me@[::1]/', defaults), { host: '::1', password: 'secret' });
});

test('TLS is verified, but on this machine', (t) => {
  const modeOf = (host: string): string => parseServerUrl(`mysql://u@${host}/`).tls.mode;
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) t.is(modeOf(host), 'PREFERRED');
  for (const host of ['db', '127.0.0.1.example.com']) t.is(modeOf(host), 'VERIFY_IDENTITY');
  // A certificate is held against a name: an address needs a decision.
  for (const host of ['10.0.0.1', '[fe80::1]']) {
    t.throws(() => modeOf(host), { code: 'INVALID_REQUEST', message: /VERIFY_IDENTITY/ });
    t.is(parseServerUrl(`mysql://u@${host}/?ssl-mode=VERIFY_CA`).tls.mode, 'VERIFY_CA');
  }
});

test('a URL that can not be read is told, without its password', (t) => {
  const urls = [
    'mysql://u:secret@h:99999/',
    'mysql://u:secret@h/shop',
    'mysql://u:secret@h/?sslmode=x',
    'mysql://u:secret@h/?ssl-mode=x',
    'mysql://u:secret@h/?connect-timeout=0',
    'mysql://u:secret@h/?ssl-cert=c.pem',
    'mysql://u:secret%ZZ@h/',
    'mysql://:secret@h/',
    'mysql://h/',
  ];
  for (const url of urls) {
    const error = t.throws<FlashError>(() => parseServerUrl(url), { code: 'INVALID_REQUEST' }, url);
    t.notRegex(`${error.message} ${error.hint ?? ''} ${error.stack ?? ''}`, /secret/, url);
    t.truthy(error.hint);
  }
});
