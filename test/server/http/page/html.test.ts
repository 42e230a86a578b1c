// Goal: whatever is not of the program's own text stays text, in elements and in attributes.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { html, styleElement, type HtmlValue } from '../../../../src/server/http/page/html.js';

test('values are escaped, HTML and lists of it are not', (t) => {
  const inner = html`<b>${'<i>&"\''}</b>`;
  t.is(inner.toString(), '<b>&#60;i&#62;&#38;&#34;&#39;</b>');
  t.is(
    html`<p title="${'a"b'}">${[inner, 1n, '<']}${undefined}</p>`.toString(),
    `<p title="a&#34;b">${inner.toString()}1&#60;</p>`,
  );
  t.is(html`${'a\0b\x1b[2J\x7f\t\n'}`.toString(), 'a\u2400b\u241b[2J\u2421\t\n');
});

test('no value opens or ends anything', (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<', '>', '"', "'", '&', '</p>')),
      ),
      (texts) => {
        const text = html`${texts}`.toString();
        return !/[<>"']/.test(text) && !/&(?!#\d+;)/.test(text);
      },
    ),
  );
  t.pass();
});

test('what only looks like HTML is escaped, too', (t) => {
  // As a row of an engine could be, if it were not turned into texts before.
  const false_: unknown = { toString: () => '<b>' };
  t.is(html`${false_ as HtmlValue}`.toString(), '&#60;b&#62;');
});

test('a style can not end itself', (t) => {
  t.is(styleElement('p{}').toString(), '<style>p{}</style>');
  t.throws(() => styleElement('</style><script>'));
});

test('attributes of the templates have their quotes', async (t) => {
  const folder = 'src/server/http/page';
  const names = await readdir(folder);
  t.true(names.length > 5);
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8');
    t.deepEqual([...text.matchAll(/<[^<>]*[\w-]=\$\{/g)].map(String), [], name);
    t.notRegex(text, /<script|\son\w+="|\sstyle="|javascript:/, name);
  }
});
