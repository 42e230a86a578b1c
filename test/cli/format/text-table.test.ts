import test from 'ava';
import { layOutTable, type TextColumn } from '../../../src/cli/index.js';

const columns = (...names: string[]): TextColumn[] =>
  names.map((name) => ({ name, align: 'left' as const }));

test('the widest columns give way first', (t) => {
  const shown = layOutTable(columns('id', 'text'), [['1', 'x'.repeat(50)]], 20);
  t.is(shown, `id  text\n──  ${'─'.repeat(16)}\n1   ${'x'.repeat(15)}…\n`);
});

test('no line is wider than the terminal', (t) => {
  const rows = [Array.from({ length: 9 }, (_, index) => 'wide 茶'.repeat(index + 1))];
  for (let widthMax = 10; widthMax < 200; widthMax += 7) {
    const lines = layOutTable(columns('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'), rows, widthMax)
      .split('\n')
      .slice(0, 3);
    for (const line of lines) t.true(line.replaceAll('茶', '茶 ').length <= widthMax);
  }
});

test('columns that do not fit are named', (t) => {
  const row = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
  t.is(
    layOutTable(columns('a', 'b', 'c'), [row], 15),
    'a       b\n──────  ──────\naaaaa…  bbbbb…\n… 1 more column: c\n',
  );
});

test('nothing to show is nothing', (t) => {
  t.is(layOutTable([], [], 80), '');
});
