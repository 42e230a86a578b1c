import test from 'ava';
import { splitStatements } from '../../src/protocol/index.js';

test('statements end at semicolons of SQL, and words are those of SQL', (t) => {
  const sql =
    "SELECT 'a;b' -- c; d\n; /* ; */ drop table `x;y`; $$ ; $$; insert into t values ('select')";
  t.deepEqual(splitStatements(sql), [
    { text: "SELECT 'a;b' -- c; d", words: ['SELECT'] },
    { text: '/* ; */ drop table `x;y`', words: ['DROP', 'TABLE'] },
    { text: "insert into t values ('select')", words: ['INSERT', 'INTO', 'T', 'VALUES'] },
  ]);
  t.deepEqual(splitStatements(' ; -- nothing'), []);
});
