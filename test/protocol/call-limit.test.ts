import test from 'ava';
import { CallLimit } from '../../src/protocol/index.js';

test('places are given in order, and who gives up takes none', async (t) => {
  const limit = new CallLimit(1);
  const first = await limit.take();
  const order: string[] = [];
  const stop = new AbortController();
  const second = limit.take(stop.signal).then(
    () => order.push('second'),
    (error: unknown) => order.push(String(error)),
  );
  const third = limit.take().then((place) => {
    order.push('third');
    return place;
  });
  stop.abort(new Error('gone'));
  await second;
  t.deepEqual(order, ['Error: gone']);
  first.release();
  first.release();
  (await third).release();
  t.deepEqual(order, ['Error: gone', 'third']);
  t.is(await limit.run(() => Promise.resolve(7)), 7, 'the place is free again');
  await t.throwsAsync(() => limit.take(stop.signal), { message: 'gone' });
});

test('a signal that fires when the place is taken changes nothing', async (t) => {
  const limit = new CallLimit(1);
  const stop = new AbortController();
  const place = await limit.take(stop.signal);
  stop.abort(new Error('late'));
  place.release();
  (await limit.take()).release();
  t.pass();
});
