import { FlashError, type Position, type Source } from '../../protocol/index.js';
import { addressText, parseServerUrl, urlText, type AddressDefaults } from './address.js';
import { describeFailure } from './failure.js';
import { openLiveSource } from './live-source.js';
import { openLoadSession, type LoadSession } from './load-session.js';
import { readLogPosition } from './log-position.js';
import { openSnapshot, type Snapshot } from './open-snapshot.js';
import type { TextRow } from './result-parser.js';

/** A running server whose tables are read. */
export interface TableServer {
  /** For messages. */
  readonly location: string;
  /** For commands in messages: without a password. */
  readonly url: string;
  readonly isMariadb: boolean;
  /** As `VERSION()` says it. */
  readonly version: string;
  /** It stores names in lower case. */
  readonly lowerCaseTableNames: boolean;
  /** Runs a statement that gives few rows, in a session without a transaction. */
  query(sql: string): Promise<TextRow[]>;
  /** Where its log ends now. */
  position(): Promise<Position>;
  /** Sessions with one snapshot; `tables` are quoted. Owns: the caller closes them. */
  openSnapshot(count: number, tables: readonly string[]): Promise<Snapshot>;
  /** Its logs, up to where they end now. Owns: the caller closes it. */
  openLogs(): Promise<Source>;
  close(): void;
}

/**
 * Opens a running server to read its tables.
 *
 * Errors of all its methods: CONNECTION; AUTH; `errno` of what the server says is on the cause.
 */
export async function openTableServer(
  url: string,
  options: { defaults?: AddressDefaults; signal?: AbortSignal } = {},
): Promise<TableServer> {
  const address = parseServerUrl(url, options.defaults);
  const location = addressText(address);
  const { signal, defaults = {} } = options;
  const described = async <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      if (signal?.aborted === true) throw new FlashError('CANCELLED', 'the load was interrupted');
      throw describeFailure(error, location).error;
    });
  const control = await described(() => openLoadSession(address, signal));
  const query = (sql: string): Promise<TextRow[]> => described(() => control.query(sql));
  try {
    const [row] = await query('SELECT VERSION(), @@global.lower_case_table_names');
    const [version = '', lowerCase] = row ?? [];
    const isMariadb = /mariadb/i.test(version);
    const open = async (): Promise<LoadSession> => {
      const session = await openLoadSession(address, signal);
      // Text comes in the charset of its column, as in the log.
      await session.query('SET SESSION character_set_results = NULL');
      return {
        ...session,
        query: (sql) => described(() => session.query(sql)),
        read: (sql, taker, pause) => described(() => session.read(sql, taker, pause)),
      };
    };
    return {
      ...{
        location,
        url: urlText(address),
        isMariadb,
        version,
        lowerCaseTableNames: lowerCase === '1',
        query,
      },
      position: async () =>
        (await described(() => readLogPosition(control, isMariadb, version))).position,
      openSnapshot: (count, tables) =>
        described(() =>
          openSnapshot({ ...{ control, open, count, isMariadb, version, tables, signal } }),
        ),
      openLogs: () =>
        openLiveSource(url, {
          defaults,
          follow: false,
          ...(signal === undefined ? {} : { signal }),
        }),
      close: () => {
        control.close();
      },
    };
  } catch (error) {
    control.close();
    throw error;
  }
}
