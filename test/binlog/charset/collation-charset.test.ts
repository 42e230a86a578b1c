import test from 'ava';
import { charsetOfCollationNumber } from '../../../src/binlog/charset/collation-charset.js';
import { type ServerKind, startServerOfKind } from '../../servers/index.js';
import { testWith } from '../../servers/test-with.js';

const kinds: readonly ServerKind[] = ['mysql-5.6', 'mysql-5.7', 'mysql-9.7', 'mariadb'];

test('collations have the charsets that all servers agree on', (t) => {
  const known: Record<number, string> = {
    8: 'latin1',
    28: 'gbk',
    33: 'utf8mb3',
    45: 'utf8mb4',
    63: 'binary',
    248: 'gb18030',
    255: 'utf8mb4',
    1025: 'big5',
    2304: 'utf8mb4',
  };
  for (const [collation, charset] of Object.entries(known)) {
    t.is(charsetOfCollationNumber(Number(collation)), charset, collation);
  }
});

test('an unknown collation has no charset', (t) => {
  for (const collation of [0, 17, -1, 1.5, 65_535]) {
    t.is(charsetOfCollationNumber(collation), undefined, String(collation));
  }
});

for (const kind of kinds) {
  testWith(kind)(`${kind}: every collation of the server has its charset`, async (t) => {
    const server = await startServerOfKind(kind);
    t.teardown(server.stop);
    const rows = await server.query(
      kind === 'mariadb'
        ? 'SELECT ID id, CHARACTER_SET_NAME cs FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY'
        : 'SELECT ID id, CHARACTER_SET_NAME cs FROM information_schema.COLLATIONS',
    );
    t.true(rows.length > 200);
    for (const { id, cs } of rows) {
      const charset = String(cs).replace(/^utf8$/, 'utf8mb3');
      t.is(charsetOfCollationNumber(Number(id)), charset, String(id));
    }
  });
}
