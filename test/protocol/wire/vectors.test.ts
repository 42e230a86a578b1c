import { readFileSync } from 'node:fs';
import test from 'ava';
import { FlashError } from '../../../src/protocol/index.js';
import {
  frameTypes,
  headerBytes,
  MessageReader,
  prefaceBytes,
  wireLimits,
} from '../../../src/protocol/wire/index.js';
import { makeConversations, makeRefusals, proofs, readVectors } from './vector-cases.js';

test('messages become the bytes of the vectors', (t) => {
  t.deepEqual(readVectors('conversations.json', makeConversations()), makeConversations());
  t.deepEqual(readVectors('refusals.json', makeRefusals()), makeRefusals());
  t.deepEqual(readVectors('proofs.json', proofs), proofs);
});

test('the bytes of the vectors become the messages, whatever chunks they come in', (t) => {
  for (const conversation of makeConversations()) {
    for (const side of ['client', 'server'] as const) {
      const steps = conversation.steps.filter(
        (step) => step.from === side && step.type !== 'PREFACE',
      );
      const bytes = Buffer.from(steps.map((step) => step.hex).join(''), 'hex');
      for (const chunkBytes of [1, 7, 16, 4096, bytes.length]) {
        const reader = new MessageReader(1_000_000, 1_000_000);
        const seen: unknown[] = [];
        for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
          reader.push(bytes.subarray(offset, offset + chunkBytes));
          for (let next = reader.next(); next !== undefined; next = reader.next()) {
            t.is(next.payload.byteOffset % 8, 0, 'payloads are aligned');
            seen.push([
              next.message.type,
              next.streamId,
              Buffer.from(next.payload).toString('hex'),
            ]);
          }
        }
        t.deepEqual(
          seen,
          steps.map((step) => [step.type, step.streamId, step.payload]),
          `${conversation.name} ${side} ${chunkBytes}`,
        );
        t.true(reader.isIdle);
      }
    }
  }
});

test('what must be refused is refused with its code', (t) => {
  for (const { name, hex, code } of makeRefusals()) {
    const reader = new MessageReader(65_536, 65_536);
    const error = t.throws(
      () => {
        reader.push(Buffer.from(hex, 'hex'));
        while (reader.next() !== undefined) continue;
      },
      { instanceOf: FlashError },
      name,
    );
    t.is<string, string>(error.code, code, name);
  }
});

test('docs/protocol.md gives the same numbers as the code', (t) => {
  const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
  // Prettier pads the cells of a table.
  const doc = text.replace(/ +/g, ' ');
  for (const [name, type] of Object.entries(frameTypes)) {
    const number = `0x${type.toString(16).padStart(2, '0')}`;
    t.regex(doc, new RegExp(`\\| \`${number}\` \\| ${name} \\|`), name);
  }
  t.true(doc.includes(`${prefaceBytes} bytes`) && doc.includes(`${headerBytes} bytes`));
  for (const limit of Object.values(wireLimits)) {
    t.true(doc.includes(String(limit)), `limit ${limit}`);
  }
  // The example's bytes are those of the vectors.
  const query = makeConversations().find((each) => each.name === 'query');
  for (const step of query?.steps ?? []) {
    if (['PREFACE', 'PING', 'PONG', 'OPENED', 'CREDIT', 'END'].includes(step.type)) {
      const spaced = step.hex.replace(/(..)/g, '$1 ').trim().slice(0, 47);
      t.true(doc.replace(/\s+/g, ' ').includes(spaced), `example of ${step.type}: ${spaced}`);
    }
  }
});
