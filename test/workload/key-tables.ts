import { withEdges } from './literals.js';
import type { Random } from './random.js';
import { column, keyed, keyMax, type WorkloadTable } from './table.js';
import { quoteText, text } from './text-literals.js';

/** Tables with every shape of key. */
export function keyTables(): WorkloadTable[] {
  const value = column('v', 'VARCHAR(40)', text('utf8mb4', 40), true);
  const shortWords = (random: Random): string => quoteText(`é${random.int(0, 30)}`);
  const words = (random: Random): string => quoteText(`Key-${random.int(0, keyMax)}-ñ😀`);
  return [
    keyed(
      'key_composite',
      ['a', 'b', 'c'],
      [
        column('a', 'SMALLINT', (random) => String(random.int(-20, 20))),
        column('b', 'VARCHAR(20) COLLATE utf8mb4_bin', shortWords),
        column('c', 'DATE', (random) => `'20${random.int(10, 40)}-0${random.int(1, 9)}-15'`),
        value,
      ],
    ),
    keyed('key_text', ['k'], [column('k', 'VARCHAR(40) COLLATE utf8mb4_bin', words), value]),
    keyed(
      'key_text_ci',
      ['k'],
      [
        column('k', 'VARCHAR(40) COLLATE utf8mb4_general_ci', (random) =>
          quoteText(`${random.pick(['key', 'Key', 'KEY'])}${random.int(0, keyMax)}`),
        ),
        value,
      ],
    ),
    keyed(
      'key_binary',
      ['k'],
      [
        column(
          'k',
          'BINARY(4)',
          (random) => `x'${random.int(0, keyMax).toString(16).padStart(6, '0')}'`,
        ),
        value,
      ],
    ),
    keyed(
      'key_unsigned',
      ['k'],
      [
        column('k', 'BIGINT UNSIGNED', (random) =>
          String(18446744073709551615n - BigInt(random.int(0, keyMax))),
        ),
        value,
      ],
    ),
    keyed(
      'key_decimal',
      ['k'],
      [
        column('k', 'DECIMAL(40,10)', (random) => `${random.int(-keyMax, keyMax)}.0000000001`),
        value,
      ],
    ),
    keyed(
      'key_time',
      ['k'],
      [
        column(
          'k',
          'DATETIME(6)',
          (random) => `'2024-01-01 00:00:00.${String(random.int(0, keyMax)).padStart(6, '0')}'`,
        ),
        value,
      ],
    ),
  ];
}

/** Tables without a key, whose few values make many equal rows. */
export function keylessTables(): WorkloadTable[] {
  const few = withEdges(['NULL'], (random) => String(random.int(0, 3)));
  return [
    keyed(
      'no_key',
      [],
      [column('a', 'INT', few, true), column('b', 'VARCHAR(5)', text('ascii', 1), true)],
    ),
    keyed(
      'no_key_wide',
      [],
      [
        column('a', 'DECIMAL(10,2)', few, true),
        column('b', 'DATETIME(6)', (random) => `'2020-01-0${random.int(1, 3)} 00:00:00.5'`, true),
        column('c', 'BLOB', (random) => `x'0${random.int(0, 1)}'`, true),
        column('d', 'DOUBLE', few, true),
      ],
    ),
  ];
}
