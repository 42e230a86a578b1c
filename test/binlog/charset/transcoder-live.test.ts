import { mkdirSync, writeFileSync } from 'node:fs';
import { type ServerKind, startServerOfKind } from '../../servers/index.js';
import { testWith } from '../../servers/test-with.js';
import {
  codesOf,
  knowsCharset,
  multiByteCharsets,
  singleByteCharsets,
  type StoredText,
  storeCodes,
  unicodeCharsets,
} from './server-codes.js';
import { transcode } from './transcode.js';

const kinds: readonly ServerKind[] = ['mysql-5.6', 'mysql-5.7', 'mysql-9.7', 'mariadb'];
const goldenFolder = new URL('../../fixtures/charset/', import.meta.url);
/** One in so many codes goes into the golden. */
const goldenStep = 31;

for (const kind of kinds) {
  testWith(kind)(
    `${kind}: every code of every charset reads as the server selects it`,
    async (t) => {
      t.timeout(900_000);
      const server = await startServerOfKind(kind);
      t.teardown(server.stop);
      const golden: Record<string, { bytes: string; text: string }> = {};
      for (const charset of [...singleByteCharsets, ...multiByteCharsets, ...unicodeCharsets]) {
        if (!(await knowsCharset(server, charset))) {
          t.is(charset, 'gb18030', 'only GB 18030 came later');
          continue;
        }
        const texts = await storeCodes(server, charset, codesOf(charset));
        t.true(texts.length >= 127, charset);
        const wrong = texts.filter(({ bytes, utf8 }) => !transcode(charset, bytes).equals(utf8));
        t.deepEqual(wrong.slice(0, 5).map(shown), [], `${charset}: ${String(wrong.length)} differ`);
        golden[charset] = goldenOf(texts.slice(1));
      }
      if (kind === 'mysql-9.7' && process.env['UPDATE'] === '1') {
        mkdirSync(goldenFolder, { recursive: true });
        writeFileSync(
          new URL('mysql-9.7.json', goldenFolder),
          `${JSON.stringify(golden, null, 2)}
`,
        );
      }
    },
  );
}

function shown({ bytes, utf8 }: StoredText): string {
  return `${bytes.subarray(0, 20).toString('hex')} ${utf8.subarray(0, 20).toString('hex')}`;
}

function goldenOf(texts: readonly StoredText[]): { bytes: string; text: string } {
  const chosen = texts.filter((_, index) => index % goldenStep === 0);
  return {
    bytes: Buffer.concat(chosen.map(({ bytes }) => bytes)).toString('hex'),
    text: Buffer.concat(chosen.map(({ utf8 }) => utf8)).toString('utf8'),
  };
}
