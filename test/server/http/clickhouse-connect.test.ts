// Goal: clickhouse-connect, as PyPI ships it, reads and writes a served copy. Method: a Python program in
// a virtual environment under build/, made once; without Python or the registry it is passed over.
import path from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { projectRoot } from '../../../src/build/index.js';
import { installPython, passOver } from '../../python-packages.js';
import { startHttp } from './http-server.js';

const version = '1.12.0';

test('clickhouse-connect reads, writes, streams, and is told of errors', async (t) => {
  const name = `clickhouse-connect-${version}`;
  const packages = await installPython(name, [`clickhouse-connect==${version}`]);
  if (packages.missing !== undefined) return passOver(t, packages);
  const server = await startHttp();
  try {
    await server.engine.execute(`CREATE DATABASE db;
      CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
      INSERT INTO db.t VALUES (1, 'old'), (2, 'gone'); UPDATE db.t SET v = 'new' WHERE k = 1;
      DELETE FROM db.t WHERE k = 2`);
    const script = path.join(projectRoot, 'test/server/http/clickhouse_connect_check.py');
    const { stdout } = await execa(packages.python, [script, `${server.port}`, server.token]);
    t.deepEqual(JSON.parse(stdout), {
      tables: 't',
      rows: [[1, 'new']],
      parameters: [["it's\t\\", '1.50', [1, 2]]],
      unknown: '47',
      wrong: '516',
      late: '395',
      written: [
        [1, "a'\t`", '2026-01-02 03:04:05'],
        [2, 'B', '2026-01-02 03:04:05'],
      ],
      many: true,
      streamed: 1_000_000,
    });
  } finally {
    await server.stop();
  }
});
