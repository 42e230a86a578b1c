// Goal: the versions of others' tools that the docs name are those that the tests run.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../../src/build/index.js';
import { pythonTools } from '../soak/tools/versions.js';

test('docs/operations.md names the tools that are tried, and their versions', async (t) => {
  const text = async (file: string): Promise<string> =>
    await readFile(path.join(projectRoot, file), 'utf8');
  const docs = await text('docs/operations.md');
  const section = /### Tools that were tried\n[^]*?\n## /.exec(docs)?.[0] ?? '';
  const pinned = Object.values(pythonTools).flatMap((packages) => packages.map(String));
  const driver = /clickhouse-go\/v2 v(\S+)/.exec(await text('test/soak/tools/grafana/go.mod'))?.[1];
  t.true(pinned.length > 5);
  for (const each of [...pinned, `clickhouse-go==${driver ?? 'none'}`]) {
    const [name = '', version = ''] = each.split('==');
    const named = new RegExp(
      `${name.replaceAll('-', '[-_]')}\`? ${version.replaceAll('.', '\\.')}`,
    );
    t.regex(section, named, each);
  }
});
