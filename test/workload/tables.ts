import { keylessTables, keyTables } from './key-tables.js';
import { bit, decimal, enumMember, float, integer, setMembers, year } from './literals.js';
import { byId, column, type WorkloadColumn, type WorkloadTable } from './table.js';
import { bytes, type Charset, json, jsonText, text } from './text-literals.js';
import { date, datetime, time, timestamp } from './time-literals.js';

const fractions = [0, 1, 2, 3, 4, 5, 6];

/** The tables of the workload: 30 that cover every column type, key shape and several charsets. */
export function workloadTables(flavor: 'mysql' | 'mariadb'): readonly WorkloadTable[] {
  return [
    ...numberTables(),
    ...textTables(),
    ...timeTables(),
    ...otherTables(flavor),
    ...keyTables(),
    ...keylessTables(),
  ];
}

function numberTables(): WorkloadTable[] {
  const widths = [
    ['TINYINT', 8],
    ['SMALLINT', 16],
    ['MEDIUMINT', 24],
    ['INT', 32],
    ['BIGINT', 64],
  ] as const;
  const integers = (unsigned: boolean): WorkloadColumn[] =>
    widths.map(([type, bits]) =>
      column(`c${bits}`, unsigned ? `${type} UNSIGNED` : type, integer(bits, unsigned), true),
    );
  const decimals = [
    [1, 0],
    [5, 2],
    [9, 9],
    [10, 0],
    [18, 6],
    [19, 4],
    [30, 10],
    [38, 30],
    [65, 0],
    [65, 30],
  ] as const;
  return [
    byId('int_signed', integers(false)),
    byId('int_unsigned', integers(true)),
    byId(
      'decimals',
      decimals.map(([p, s]) => column(`d${p}_${s}`, `DECIMAL(${p},${s})`, decimal(p, s), true)),
    ),
    byId('decimals_unsigned', [
      column('a', 'DECIMAL(9,3) UNSIGNED', decimal(9, 3, true)),
      column('b', 'DECIMAL(20,0) UNSIGNED', decimal(20, 0, true), true),
    ]),
    byId('floats', [
      column('f', 'FLOAT', float(32), true),
      column('d', 'DOUBLE', float(64), true),
      column('r', 'DOUBLE(12,4)', decimal(12, 4)),
    ]),
    byId(
      'bits',
      [1, 7, 8, 9, 33, 64].map((n) => column(`b${n}`, `BIT(${n})`, bit(n), true)),
    ),
  ];
}

function textTables(): WorkloadTable[] {
  const charsets: readonly Charset[] = [
    'utf8',
    'latin1',
    'ascii',
    'cp1251',
    'koi8r',
    'latin2',
    'greek',
    'ucs2',
    'utf16',
    'utf16le',
    'utf32',
    'gbk',
    'big5',
    'sjis',
    'ujis',
    'euckr',
  ];
  const inCharset = (charset: Charset, type: string, length: number): WorkloadColumn =>
    column(
      `${charset}_${type.slice(0, 4)}`,
      `${type} CHARACTER SET ${charset}`,
      text(charset, length),
      true,
    );
  return [
    byId('chars', [
      column('c1', 'CHAR(1)', text('utf8mb4', 1)),
      column('c10', 'CHAR(10)', text('utf8mb4', 10), true),
      column('c255', 'CHAR(255)', text('utf8mb4', 255), true),
      column('v1', 'VARCHAR(1)', text('utf8mb4', 1), true),
      column('v63', 'VARCHAR(63)', text('utf8mb4', 63)),
      column('v400', 'VARCHAR(400)', text('utf8mb4', 400), true),
    ]),
    byId('texts', [
      column('t', 'TINYTEXT', text('utf8mb4', 60), true),
      column('x', 'TEXT', text('utf8mb4', 500), true),
      column('m', 'MEDIUMTEXT', text('utf8mb4', 2000), true),
      column('l', 'LONGTEXT', text('utf8mb4', 4000), true),
    ]),
    byId(
      'charsets_char',
      charsets.map((charset) => inCharset(charset, 'CHAR(20)', 20)),
    ),
    byId(
      'charsets_varchar',
      charsets.map((charset) => inCharset(charset, 'VARCHAR(80)', 80)),
    ),
    byId('charsets_text', [
      column('a', 'TEXT CHARACTER SET latin1', text('latin1', 300), true),
      column('b', 'MEDIUMTEXT CHARACTER SET utf8', text('utf8', 300)),
    ]),
    byId('binaries', [
      column('b1', 'BINARY(1)', bytes(1), true),
      column('b16', 'BINARY(16)', bytes(16), true),
      column('b255', 'BINARY(255)', bytes(255), true),
      column('v10', 'VARBINARY(10)', bytes(10)),
      column('v400', 'VARBINARY(400)', bytes(400), true),
    ]),
    byId('blobs', [
      column('t', 'TINYBLOB', bytes(255), true),
      column('x', 'BLOB', bytes(700), true),
      column('m', 'MEDIUMBLOB', bytes(2000), true),
      column('l', 'LONGBLOB', bytes(4000)),
    ]),
  ];
}

function timeTables(): WorkloadTable[] {
  return [
    byId('dates', [
      column('d', 'DATE', date(), true),
      column('e', 'DATE', date()),
      column('y', 'YEAR', year(), true),
    ]),
    byId(
      'datetimes',
      fractions.map((f) => column(`d${f}`, `DATETIME(${f})`, datetime(f), f % 2 === 0)),
    ),
    byId(
      'timestamps',
      fractions.map((f) => ({
        ...column(`t${f}`, `TIMESTAMP(${f})`, timestamp(f), f % 2 === 0),
      })),
    ),
    byId(
      'times',
      fractions.map((f) => column(`t${f}`, `TIME(${f})`, time(f), f % 2 === 0)),
    ),
  ];
}

function otherTables(flavor: 'mysql' | 'mariadb'): WorkloadTable[] {
  const few = ['a', 'bé', "it''s", 'd,e'].map((member) => `'${member}'`).join(',');
  const many = Array.from({ length: 300 }, (_, i) => `'m${i}'`).join(',');
  const flags = Array.from({ length: 64 }, (_, i) => `'f${i}'`).join(',');
  return [
    byId('enums', [
      column('e', `ENUM(${few})`, enumMember(4), true),
      column('l', "ENUM('é','ß') CHARACTER SET latin1", enumMember(2), true),
      column('m', `ENUM(${many})`, enumMember(300)),
    ]),
    byId('sets', [
      column('s', "SET('a','bé','c')", setMembers(3), true),
      column('m', `SET(${flags})`, setMembers(64)),
      column('o', "SET('x')", setMembers(1), true),
      column('q', "SET('','a','b')", setMembers(3)),
      column('p', "SET('a','','b')", setMembers(3)),
    ]),
    byId('jsons', [
      column('j', 'JSON', flavor === 'mysql' ? json() : jsonText(), true),
      column('k', 'JSON', flavor === 'mysql' ? json() : jsonText()),
    ]),
    byId('mixed', [
      column('customer', 'INT UNSIGNED', integer(32, true)),
      column('amount', 'DECIMAL(12,2)', decimal(12, 2)),
      column('state', "ENUM('new','paid','sent')", enumMember(3)),
      column('note', 'VARCHAR(200)', text('utf8mb4', 200), true),
      column('made', 'DATETIME(3)', datetime(3), true),
      column('seen', 'TIMESTAMP(6)', timestamp(6), true),
      column('weight', 'DOUBLE', float(64), true),
      column('raw', 'VARBINARY(40)', bytes(40), true),
    ]),
  ];
}
