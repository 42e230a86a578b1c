// Goal: without a sandbox, settings, grants and the SQL layer still stop what they are there for; and
// what the sandbox alone stops gets out, so that its test can fail.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import type { Engine } from '../../src/protocol/index.js';
import { answerOf } from './ways-out/answer.js';
import { listen, makePlace, secret, type Listener } from './ways-out/place.js';
import { setUp, ways } from './ways-out/ways.js';

let folder = '';
let listener: Listener;
let engine: Engine;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-sandbox-off-'));
  listener = await listen();
  engine = await openEmbeddedEngine(path.join(folder, 'data'), { sandbox: 'off' });
  await engine.execute(setUp);
});

test.after.always(async () => {
  await engine.close();
  listener.close();
  await rm(folder, { recursive: true, force: true });
});

for (const way of ways) {
  const ends = way.wall === 'kernel' ? 'gets out' : 'is stopped';
  test.serial(`without a sandbox ${ends}: ${way.name}`, async (t) => {
    const place = makePlace(listener);
    try {
      const answer = await answerOf(engine, way.sql(place));
      const reached = answer.includes(secret) || place.traces().length > 0;
      t.is(reached, way.wall === 'kernel', answer.slice(0, 500));
    } finally {
      place.remove();
    }
  });
}
