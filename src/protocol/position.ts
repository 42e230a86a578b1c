/** A place between two events of a source's binary logs. `offset` is in bytes from the file's start. */
export interface Position {
  /** Base name of the log file, as `binlog.000042`. */
  file: string;
  offset: number;
}

/** Which server wrote the logs. Replaying logs of another server on the same copy is refused. */
export interface SourceIdentity {
  flavor: 'mysql' | 'mariadb';
  /** `server_id` of the format description event; missing until a log of it was read. */
  serverId?: number;
}

/**
 * How far the engine's copy has come: everything before `position` is in it, nothing after.
 * Stored in the engine as JSON, in the same atomic step as the rows it covers.
 */
export interface Checkpoint {
  source: SourceIdentity;
  position: Position;
  /** Executed GTIDs in the flavor's own text form; empty where the source has none. */
  gtidSet: string;
  /** When the source committed the last covered transaction, in ms since 1970, UTC. */
  sourceTimeMs: number;
}
