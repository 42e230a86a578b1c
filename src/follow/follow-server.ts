import { loadServer } from '../load/index.js';
import type { Engine, SourcePhase } from '../protocol/index.js';
import { isServerUrl, openSource, openTableServer, type AddressDefaults } from '../source/index.js';
import {
  checkpointSource,
  parseCheckpoint,
  replay,
  summarize,
  summaryLines,
  type BatchFacts,
  type ReplayOptions,
  type WriterCheckpoint,
} from '../writer/index.js';

/** What is followed and how; can be posted to another thread. */
export interface FollowOptions {
  /** `mysql://…` or `mariadb://…`, or a folder of logs. */
  source: string;
  /** Which of several sources of the engine it is; undefined for the one without a name. */
  sourceName: string | undefined;
  /** What a URL leaves out. */
  defaults: AddressDefaults;
  /** Undefined: a free one. */
  serverId: number | undefined;
  /** Of a server: copy the tables first, where the engine holds no copy. */
  load: boolean;
  writer: Pick<
    ReplayOptions,
    'include' | 'exclude' | 'rename' | 'skipStatements' | 'zeroDate' | 'limits'
  >;
}

export interface FollowEvents {
  /** Ends after the last whole transaction. */
  signal: AbortSignal;
  onPhase: (phase: SourcePhase) => void;
  /** Called once it is known whether there is a copy already. */
  onCopy: (exists: boolean) => void;
  onNote: (line: string) => void;
  onCommitted: (checkpoint: WriterCheckpoint, facts: BatchFacts) => void;
  /** Called with where the copy stands before anything new is read. */
  onStart: (checkpoint: WriterCheckpoint) => void;
}

/**
 * Keeps an engine true to a running server: its tables first, where there is no copy, then its log, over
 * lost connections, until the signal. A folder of logs is followed as it grows.
 *
 * Errors: those of `openSource`, `loadServer` and `replay`. What came before is applied, and calling it
 * again goes on there.
 */
export async function followServer(
  engine: Engine,
  options: FollowOptions,
  events: FollowEvents,
): Promise<void> {
  const { source: spec, writer } = options;
  const { signal, onNote, onPhase } = events;
  onPhase('connecting');
  const isNew = (await engine.readCheckpoint(checkpointSource)) === undefined;
  events.onCopy(!isNew);
  const isLoaded = isServerUrl(spec) && options.load;
  if (isNew && isLoaded && !(await load(engine, options, events))) return;
  if (isNew && isLoaded) events.onCopy(true);
  const stored = await engine.readCheckpoint(checkpointSource);
  if (stored !== undefined) events.onStart(parseCheckpoint(stored));
  const source = await openSource([spec], {
    stdin: process.stdin,
    signal,
    files: { follow: true, untilNow: false, onNote },
    live: {
      follow: true,
      defaults: options.defaults,
      ...(options.serverId === undefined ? {} : { serverId: options.serverId }),
      onNote,
      onLink: (isUp) => {
        onPhase(isUp ? 'following' : 'connecting');
      },
    },
  });
  const startedMs = performance.now();
  try {
    onPhase('following');
    const { onCommitted } = events;
    const result = await replay(source, engine, {
      ...{ ...writer, signal, onCommitted, onWarning: onNote },
    });
    const summary = summarize(result, performance.now() - startedMs);
    for (const line of summaryLines(summary, engine.location)) onNote(line);
  } finally {
    source.close?.();
  }
}

/** False where the signal has ended it. */
async function load(
  engine: Engine,
  { source: url, defaults, serverId, writer }: FollowOptions,
  { signal, onNote, onPhase }: FollowEvents,
): Promise<boolean> {
  // What is wrong with the log is told before the tables are copied, and not after.
  const id = serverId === undefined ? {} : { serverId };
  const live = { follow: true, defaults, ...id, onNote: () => undefined };
  (await openSource([url], { stdin: process.stdin, signal, live })).close?.();
  const server = await openTableServer(url, { defaults, signal });
  try {
    onPhase('loading');
    const { interrupted, rows, tables } = await loadServer(server, engine, {
      ...{ ...writer, signal, onNote },
    });
    if (!interrupted) onNote(`${rows} rows of ${tables.length} tables were copied.`);
    return !interrupted;
  } finally {
    server.close();
  }
}
