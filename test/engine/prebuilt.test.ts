import test from 'ava';
import { findMisfit, type Machine } from '../../src/engine/embedded/prebuilt.js';
import { glibcMinOf, librariesOf } from '../../scripts/packaging/elf.js';

const needs = { package: '@chdb/lib-linux-x64-gnu@26.7.3', glibcMin: '2.34' };
const fitting: Machine = { platform: 'linux-x64', glibc: '2.34', libchdb: needs.package };

test('a prebuilt ch.so is taken where all that it needs is there', (t) => {
  t.is(findMisfit(needs, fitting), undefined);
  t.is(findMisfit(needs, { ...fitting, glibc: '2.41' }), undefined);
  t.is(findMisfit(needs, { ...fitting, glibc: '3.0' }), undefined);
});

const misfits: readonly (readonly [string, Partial<Machine>, RegExp, RegExp])[] = [
  ['another machine', { platform: 'linux-arm64' }, /this is linux-arm64/, /build-ch/],
  ['another C library', { glibc: undefined }, /needs glibc/, /Debian/],
  ['an older glibc', { glibc: '2.31' }, /needs glibc 2\.34, and here is 2\.31/, /build-ch/],
  ['a glibc of one digit', { glibc: '2.4' }, /here is 2\.4/, /build-ch/],
  ['no libchdb', { libchdb: undefined }, /is not installed/, /--include=optional/],
  ['another libchdb', { libchdb: '@chdb/lib-linux-x64-gnu@26.8.1' }, /26\.8\.1/, /Install/],
];
for (const [what, difference, reason, hint] of misfits) {
  test(`it is refused with the reason: ${what}`, (t) => {
    const misfit = findMisfit(needs, { ...fitting, ...difference });
    t.regex(misfit?.reason ?? '', reason);
    t.regex(misfit?.hint ?? '', hint);
  });
}

test('what a library asks for is read as numbers, not as text', (t) => {
  const versions =
    'Name: GLIBC_2.4  Flags\nName: GLIBC_2.34  Flags\nName: GLIBC_2.17 GLIBCXX_3.4.30';
  t.is(glibcMinOf(versions), '2.34');
  const dynamic =
    ' 0x1 (NEEDED)  Shared library: [libchdb.so]\n 0x1d (RUNPATH)  Library runpath: [$ORIGIN]';
  t.deepEqual(librariesOf(dynamic), ['libchdb.so']);
});
