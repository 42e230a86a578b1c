import test from 'ava';
import { chooseSeed } from '../workload/index.js';
import { caseNames } from './fixtures/cases.js';
import { crasherNames, readCrasher } from './fixtures/crashers.js';
import { damage } from './fixtures/damage.js';
import { HostileDecoder, targetsOf } from './fixtures/hostile.js';

/**
 * Bytes that no server writes give a value or a FlashError, whole columns, and bounded memory. Events
 * are damaged after the framer, so that checksums don't hide the decoders. `test/soak/binlog-fuzz.ts`
 * does the random part for longer.
 */

/** Longer events are repetitions of the same decoders; they are damaged at random below. */
const everyByteMaxBytes = 2048;
const randomDamages = 200;
const seed = chooseSeed();

for (const name of caseNames()) {
  const targets = targetsOf(name);
  const small = targets.filter((target) => target.event.body.length <= everyByteMaxBytes);

  test(`${name}: each kind of event, cut at every byte and with every byte changed, gives a value or an error`, (t) => {
    t.true(small.length > 3);
    let errors = 0;
    for (const target of small) {
      const decoder = new HostileDecoder(target);
      const { body } = target.event;
      for (let at = 0; at < body.length; at++) {
        if (decoder.decode(body.subarray(0, at)) !== undefined) errors++;
        for (const flip of [0x01, 0x80, 0xff]) {
          const changed = body.slice();
          changed[at] = (changed[at] ?? 0) ^ flip;
          if (decoder.decode(changed) !== undefined) errors++;
        }
      }
      t.is(decoder.decode(body)?.message, new HostileDecoder(target).decode(body)?.message);
    }
    t.true(errors > 0);
  });

  test(`${name}: events damaged at random give a value or an error`, (t) => {
    t.log(`SEED=${seed}`);
    const bodies = targets.map((target) => target.event.body);
    const random = damage(seed);
    const decoders = targets.map((target) => new HostileDecoder(target));
    for (let run = 0; run < randomDamages; run++) {
      const i = run % targets.length;
      const body = bodies[i];
      if (body === undefined) return t.fail();
      decoders[i]?.decode(random(body, bodies));
    }
    t.pass();
  });
}

for (const name of crasherNames()) {
  test(`crasher ${name}: gives a value or an error`, (t) => {
    const target = readCrasher(name);
    t.notThrows(() => new HostileDecoder(target).decode(target.event.body));
  });
}
