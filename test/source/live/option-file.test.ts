import test from 'ava';
import { parseOptionFile } from '../../../src/source/live/option-file.js';

test('the groups of clients count, as their own programs read them', (t) => {
  const text = `
# the server's own
[mysqld]
user = mysql
port=1

[client]
user=repl # who
password = "a#b\\"c"
ssl_ca=/etc/ca.pem
default-character-set=utf8mb4
skip-ssl
[theflash]
port = 3307
host='db one'
connect-timeout=\\t7
`;
  t.deepEqual(parseOptionFile(text, 'my.cnf'), {
    user: 'repl',
    password: 'a#b"c',
    'ssl-ca': '/etc/ca.pem',
    port: '3307',
    host: 'db one',
    'connect-timeout': '\t7',
  });
});

test('included files are told, and not left out silently', (t) => {
  t.throws(() => parseOptionFile('[client]\n!includedir /etc/my.cnf.d\n', 'my.cnf'), {
    code: 'UNSUPPORTED',
    message: /my\.cnf includes other files in line 2/,
  });
});
