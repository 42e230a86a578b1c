// Goal: one list of all that keeps a source from being read. Method: real servers with all of it wrong.
import path from 'node:path';
import type { FlashError } from '../../../src/protocol/index.js';
import { testWith } from '../../servers/test-with.js';
import { liveKinds, openLive, startLive, urlOf } from './live-server.js';

for (const kind of liveKinds) {
  testWith(kind)(`${kind}: all that is wrong with a source is one list`, async (t) => {
    const off = kind === 'mysql-5.7' ? ['--skip-log-bin'] : ['--disable-log-bin'];
    const args = kind === 'mariadb' ? ['--skip-log-bin'] : off;
    const server = await startLive(t, kind, [
      ...args,
      '--binlog-format=STATEMENT',
      '--server-id=7',
    ]);
    const error = await t.throwsAsync<FlashError>(openLive(t, urlOf(server), { serverId: 7 }), {
      code: 'UNSUPPORTED',
    });
    t.regex(error.message, /for 3 reasons: \(1\) it writes no binary log: put log-bin=/);
    t.regex(error.message, /\(2\) binlog_format is STATEMENT.*SET GLOBAL binlog_format = 'ROW'/);
    t.regex(error.message, /\(3\) the source itself has server id 7: give another --server-id/);
  });

  testWith(kind)(
    `${kind}: a user without rights is told which ones, and no password`,
    async (t) => {
      const server = await startLive(t, kind);
      await server.query(`CREATE USER 'u'@'%' IDENTIFIED BY 's3cret'`);
      const url = urlOf(server, 'u:s3cret');
      const none = await t.throwsAsync<FlashError>(openLive(t, url), { code: 'AUTH' });
      t.regex(
        none.message,
        /2 reasons.*GRANT (?:REPLICATION CLIENT|BINLOG MONITOR).*GRANT REPLICATION SLAVE ON \*\.\* TO 'u'@'%'/s,
      );
      const right = kind === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT';
      await server.query(`GRANT ${right} ON *.* TO 'u'@'%'`);
      const one = await t.throwsAsync<FlashError>(openLive(t, url), { code: 'AUTH' });
      t.regex(one.message + (one.hint ?? ''), /may not read its binary log.*REPLICATION SLAVE/s);
      await server.query(`GRANT REPLICATION SLAVE ON *.* TO 'u'@'%'`);
      t.is((await openLive(t, url)).logs.length, 1);

      const wrong = await t.throwsAsync<FlashError>(openLive(t, urlOf(server, 'u:wr0ng')), {
        code: 'AUTH',
        message: /refuses the login: Access denied for user 'u'/,
      });
      for (const { message, hint = '', stack = '', cause } of [none, one, wrong]) {
        const text = [message, hint, stack, String(cause)].join();
        t.notRegex(text, /s3cret|wr0ng/);
      }
      // The password comes from elsewhere as well.
      const defaults = { user: 'u', password: 's3cret', port: String(server.port) };
      t.is((await openLive(t, 'mysql:///', { defaults })).logs.length, 1);
    },
  );

  testWith(kind)(`${kind}: what works and may surprise is told`, async (t) => {
    const server = await startLive(t, kind, ['--binlog-row-image=MINIMAL', '--binlog-ignore-db=x']);
    if (kind !== 'mysql-5.7') await server.query('SET GLOBAL binlog_expire_logs_seconds = 3600');
    const notes: string[] = [];
    await openLive(t, urlOf(server), { onNote: (line) => notes.push(line) });
    t.regex(notes[0] ?? '', /^root@127\.0\.0\.1:\d+: M/);
    t.true(notes.some((note) => /binlog_row_image is MINIMAL.*= 'FULL'/.test(note)));
    t.true(notes.some((note) => note.includes('does not log x (binlog_ignore_db)')));
    t.is(
      notes.some((note) => note.includes('for 3600 s')),
      kind !== 'mysql-5.7',
    );
  });
}

testWith('mysql-9.7')('TLS is what the URL says', async (t) => {
  const server = await startLive(t, 'mysql-9.7');
  const ca = path.join(server.folder, 'data', 'ca.pem');
  await server.query(`CREATE USER 'u'@'%' REQUIRE SSL;
    GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'u'@'%'`);
  const url = urlOf(server, 'u');
  for (const query of ['', '?ssl-mode=REQUIRED', `?ssl-mode=VERIFY_CA&ssl-ca=${ca}`]) {
    const source = await openLive(t, `${url}${query}`);
    let have = 0;
    for await (const chunk of source.logs[0]?.chunks(0) ?? []) have += chunk.length;
    t.is(have, Number(source.logs[0]?.sizeBytes), query);
  }
  const refused = [
    ['?ssl-mode=DISABLED', /refuses the login/],
    ['?ssl-mode=VERIFY_CA', /can’t be trusted/],
    [`?ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`, /can’t be trusted: Hostname/],
  ] as const;
  for (const [query, message] of refused) {
    const named = `${url}${query}`.replace('127.0.0.1', 'localhost');
    await t.throwsAsync(openLive(t, named), { code: 'AUTH', message }, query);
  }
});

testWith('mysql-5.7')('a server without TLS is told, where TLS is asked for', async (t) => {
  const server = await startLive(t, 'mysql-5.7', ['--skip-ssl']);
  t.is((await openLive(t, urlOf(server))).logs.length, 1);
  await t.throwsAsync(openLive(t, `${urlOf(server)}?ssl-mode=REQUIRED`), {
    code: 'AUTH',
    message: /has no TLS/,
  });
});

testWith('mysql-5.7')('nobody listens, and nothing answers', async (t) => {
  const server = await startLive(t, 'mysql-5.7');
  await server.shutdown();
  await t.throwsAsync(openLive(t, urlOf(server)), { code: 'CONNECTION', message: /ECONNREFUSED/ });
});
