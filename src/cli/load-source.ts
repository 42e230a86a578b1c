import { loadServer, type LoadResult, type ServerLoadOptions } from '../load/index.js';
import type { Engine } from '../protocol/index.js';
import { openTableServer, type AddressDefaults } from '../source/index.js';
import { checkpointSource, parseCheckpoint } from '../writer/index.js';
import { startProgress } from './progress.js';

/** The rows come in many small pieces. */
const showEveryMs = 200;

export interface LoadSourceOptions extends ServerLoadOptions {
  url: string;
  defaults: AddressDefaults;
  showsProgress: boolean;
  onNote: (line: string) => void;
}

/**
 * Copies the tables of a running server into an engine, or takes tables of a copy anew, with a progress bar.
 *
 * Shape: undefined where the engine holds a copy already, and none is taken anew: it goes on from its position.
 * Errors: those of `loadServer` and of the connection.
 */
export async function loadFromServer(
  engine: Engine,
  { url, defaults, showsProgress, ...options }: LoadSourceOptions,
): Promise<LoadResult | undefined> {
  const { signal, resync = [] } = options;
  const isCopy = (await engine.readCheckpoint(checkpointSource)) !== undefined;
  if (isCopy && resync.length === 0) return undefined;
  const server = await openTableServer(url, {
    defaults,
    ...(signal === undefined ? {} : { signal }),
  });
  const progress = startProgress({ label: 'load', unit: 'rows', enabled: showsProgress });
  const startedMs = performance.now();
  let shownMs = startedMs;
  try {
    return await loadServer(server, engine, {
      ...options,
      onProgress: (rows, total, table) => {
        const nowMs = performance.now();
        if (nowMs - shownMs < showEveryMs) return;
        shownMs = nowMs;
        progress.update(rows, `${timeLeft(rows, total, nowMs - startedMs)}${table}`);
      },
    });
  } finally {
    progress.stop();
    server.close();
  }
}

/** A load that is not needed, as the engine holds a copy: what that stands on. */
export async function loadedBefore(engine: Engine): Promise<LoadResult> {
  const stored = await engine.readCheckpoint(checkpointSource);
  const checkpoint = stored === undefined ? undefined : parseCheckpoint(stored);
  return {
    ...{ rows: 0, tables: [], bytesRead: 0, zeroDates: 0, warnings: [] },
    beginning: checkpoint?.beginning,
    position: checkpoint?.position,
    gtidSet: checkpoint?.gtidSet ?? '',
    ...{ wasLoaded: true, interrupted: false },
  };
}

/** As `of 10.0 M, 3 min left: `. The whole is the server's own estimate. */
function timeLeft(rows: number, total: number, elapsedMs: number): string {
  if (rows === 0 || total <= rows) return '';
  const seconds = ((total - rows) / rows) * (elapsedMs / 1000);
  const left = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  return `of about ${total.toLocaleString('en-US')}, ${left} left: `;
}
