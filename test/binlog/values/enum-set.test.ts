import { readFileSync } from 'node:fs';
import { ChangeBuilder, createTableDecoder, readValue } from '../../../src/binlog/index.js';
import type { TableSchema } from '../../../src/protocol/index.js';
import { type ServerKind, startServerOfKind } from '../../servers/index.js';
import { testWith } from '../../servers/test-with.js';
import { eventsOf } from '../fixtures/events-of.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const sets = { f: ['', 'a', 'b b'], m: ['a', '', 'é'], l: ['a', 'b', ''] };

for (const kind of kinds) {
  testWith(kind)(
    `${kind}: a SET with an empty member reads as the server selects it`,
    async (t) => {
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      const columns = Object.entries(sets).map(([name, members]) => {
        const mysqlType = `set(${members.map((member) => `'${member}'`).join(',')})`;
        return { name, type: { kind: 'set' as const, members }, nullable: true, mysqlType };
      });
      const types = columns.map(({ name, mysqlType }) => `${name} ${mysqlType} CHARSET utf8`);
      await server.query(`CREATE DATABASE d; CREATE TABLE d.t (${types.join(', ')})`);
      for (let bits = 0; bits < 8; bits += 1) {
        await server.query(`INSERT INTO d.t VALUES (${bits}, ${bits}, ${bits})`);
      }
      const selected = await server.query('SELECT * FROM d.t ORDER BY f + 0');
      await server.flushLogs();
      const schema: TableSchema = { database: 'd', table: 't', columns, primaryKey: [] };
      const builder = new ChangeBuilder(schema);
      const events = server.binlogFiles().flatMap((file) => eventsOf(readFileSync(file)));
      const map = events.find((event) => event.kind === 'table-map' && event.table === 't');
      if (map?.kind !== 'table-map') throw new Error('no table map');
      const decoder = createTableDecoder(map, schema);
      for (const event of events) if (event.kind === 'rows') decoder.append(event, builder);
      const taken = builder.take();
      const decoded = Array.from({ length: taken.rows }, (_, row) =>
        Object.fromEntries(columns.map(({ name }, at) => [name, readValue(taken, at, row)])),
      );
      t.deepEqual(
        decoded,
        selected.map((row) => ({ ...row })),
      );
    },
  );
}
