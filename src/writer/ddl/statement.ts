import type { ColumnType } from '../../protocol/index.js';

/** A table as a statement names it, with the statement's default database filled in. */
export interface TableReference {
  database: string;
  table: string;
}

/** What a foreign key does to child rows; `none` where the server refuses the parent's change instead. */
export type ForeignKeyAction = 'none' | 'cascade' | 'set-null';

/** REFERENCES as DDL declares it. */
export interface ReferenceDefinition {
  /** `database` is empty where none is named: it is the child's then. */
  parent: TableReference;
  /** Empty where none is named: the parent's primary key. */
  parentColumns: readonly string[];
  onDelete: ForeignKeyAction;
  onUpdate: ForeignKeyAction;
}

/** A foreign key as DDL declares it. */
export interface ForeignKeyDefinition extends ReferenceDefinition {
  /** Undefined where the server makes one up. */
  name: string | undefined;
  columns: readonly string[];
}

/** A column as DDL declares it. */
export interface ColumnDefinition {
  name: string;
  /** For text without a charset of its own, `charset` is empty until the table's default is known. */
  type: ColumnType;
  nullable: boolean;
  mysqlType: string;
  /** NULL or NOT NULL stands at the column, or its key says so. */
  nullIsTold: boolean;
  /** The attribute PRIMARY KEY stands at the column. */
  isPrimaryKey: boolean;
  isAutoIncrement: boolean;
  /** Own charset of a column that holds text, ENUM and SET included; undefined where none is named. */
  charset: string | undefined;
  /** The expression of a generated column, one space between its words. */
  generated: string | undefined;
  /** Its DEFAULT, when it is one literal; undefined when there is none. */
  defaultLiteral: DefaultLiteral | undefined;
  /** The attribute REFERENCES, where the server takes it for a foreign key. */
  references?: ReferenceDefinition;
}

/** A DEFAULT as far as it matters for rows that are there when the column is added. */
export type DefaultLiteral =
  | { kind: 'null' }
  | { kind: 'number'; text: string }
  /** `introducer`: the charset that its bytes are taken for, as in `_latin1'x'`. */
  | { kind: 'string'; text: string; introducer: string | undefined }
  /** 0x41, x'41', b'1000001': bytes, or a number where the column holds numbers. */
  | { kind: 'bytes'; hex: string; introducer: string | undefined; isQuotedHex: boolean }
  /** CURRENT_TIMESTAMP(fsp), or CURRENT_DATE. */
  | { kind: 'now'; fsp: number; isDate: boolean }
  /** Another function or expression: its value for existing rows is not in the log. */
  | { kind: 'expression' };

/** How RANGE or LIST puts rows into partitions. */
export interface Partitioning {
  kind: 'range' | 'list';
  column: string;
  /** What is compared: the column's value, its YEAR, its TO_DAYS, or its UNIX_TIMESTAMP. */
  by: 'value' | 'year' | 'days' | 'seconds';
  parts: readonly PartitionPart[];
}

export interface PartitionPart {
  name: string;
  /** The bound of a range, which is not in it, or the values of a list; `by`: a function around it. */
  values: readonly ('max' | 'null' | { text: string; by: Partitioning['by'] | undefined })[];
}

/** Shape: `primaryKey` in key order, empty without one. */
export interface TableDefinition {
  columns: readonly ColumnDefinition[];
  primaryKey: readonly string[];
  /** DEFAULT CHARACTER SET of the table, or the charset of its collation. */
  charset: string | undefined;
  /** Those of columns included. */
  foreignKeys: readonly ForeignKeyDefinition[];
  /** ENGINE, in lower case; undefined where it is not named. */
  storage: string | undefined;
  /** Undefined where there are none, or none whose rows could be told. */
  partitioning?: Partitioning | undefined;
}

export type ColumnPlace = { kind: 'last' } | { kind: 'first' } | { kind: 'after'; column: string };

export type AlterAction =
  | { kind: 'add-column'; column: ColumnDefinition; place: ColumnPlace; ifNotExists: boolean }
  | { kind: 'drop-column'; column: string; ifExists: boolean }
  | {
      kind: 'change-column';
      from: string;
      column: ColumnDefinition;
      place: ColumnPlace | undefined;
      ifExists: boolean;
    }
  | { kind: 'rename-column'; from: string; to: string; ifExists: boolean }
  /** `defaultLiteral` undefined: DROP DEFAULT. */
  | { kind: 'alter-default'; column: string; defaultLiteral: DefaultLiteral | undefined }
  | { kind: 'rename-table'; to: TableReference }
  | { kind: 'add-primary-key'; columns: readonly string[] }
  | { kind: 'drop-primary-key' }
  | { kind: 'add-foreign-key'; key: ForeignKeyDefinition }
  /** `isCertain` is false for DROP CONSTRAINT, which may name a constraint of another kind. */
  | { kind: 'drop-foreign-key'; name: string; isCertain: boolean }
  /** In lower case. */
  | { kind: 'storage'; storage: string }
  | { kind: 'convert-charset'; charset: string | undefined }
  | { kind: 'default-charset'; charset: string | undefined }
  | { kind: 'partition-by'; partitioning: Partitioning | undefined }
  | { kind: 'add-partitions'; parts: readonly PartitionPart[] | undefined }
  | {
      kind: 'reorganize-partitions';
      names: readonly string[] | 'all';
      parts: readonly PartitionPart[] | undefined;
    }
  | { kind: 'drop-partitions' | 'truncate-partitions'; names: readonly string[] | 'all' }
  /** Indexes, checks, options: nothing that a copy of the rows shows. */
  | { kind: 'no-effect' }
  /** Changes rows in a way that the log does not show, as DROP PARTITION. */
  | {
      kind: 'unsupported';
      what: string;
      /** It takes rows away and brings none: of an empty table, none. */
      takesOnly: boolean;
      /** Another table that gives rows or gets them. */
      other?: TableReference;
    };

/** What a statement of a QUERY event does, as far as a copy of the tables goes. */
export type Statement =
  | { kind: 'begin' | 'commit' | 'rollback' }
  | { kind: 'savepoint' | 'rollback-to' | 'release-savepoint'; name: string }
  | { kind: 'xa-start' | 'xa-end' | 'xa-commit' | 'xa-rollback'; xid: string }
  | { kind: 'create-database' | 'alter-database'; database: string; charset: string | undefined }
  | { kind: 'drop-database'; database: string }
  | {
      kind: 'create-table';
      table: TableReference;
      temporary: boolean;
      ifNotExists: boolean;
      orReplace: boolean;
      /** Reads the rest on demand: a table that is not replicated need not be understood. */
      body: () => TableDefinition | { like: TableReference };
    }
  /** MariaDB's SEQUENCE: a table of one row, which its numbers go through. */
  | { kind: 'create-sequence'; table: TableReference }
  | { kind: 'drop-table'; tables: readonly TableReference[]; temporary: boolean }
  | { kind: 'truncate-table'; table: TableReference }
  /** DELETE without a condition, logged as a statement. */
  | { kind: 'delete-all'; table: TableReference }
  | { kind: 'rename-table'; renames: readonly { from: TableReference; to: TableReference }[] }
  | { kind: 'alter-table'; table: TableReference; actions: () => readonly AlterAction[] }
  /** A change that the log holds as a statement, not as rows. */
  | { kind: 'row-statement'; verb: string; table: TableReference | undefined }
  | { kind: 'no-effect' }
  | { kind: 'unknown' };
