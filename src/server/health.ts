import {
  FlashError,
  queryRows,
  silentSinceMs,
  type Engine,
  type SourceState,
} from '../protocol/index.js';

/** What `/healthz` and `/readyz` answer: a status of HTTP, and one line for people. */
export interface HealthAnswer {
  status: 200 | 503;
  text: string;
}

/** What readiness depends on. */
export interface HealthPorts {
  engine: Engine;
  isDraining: () => boolean;
  sources: () => readonly SourceState[];
  /** How long a source may be away. */
  sourceLostMsMax: number;
  /** How long the engine may take to answer. */
  engineAnswerMsMax: number;
  nowMs: () => number;
}

/** The paths that are answered to everybody, without a login. */
export const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Tells programs that watch the server, as systemd, Kubernetes or a load balancer, how it is. */
export class Health {
  readonly #ports: HealthPorts;
  /** The question that is under way, or was answered last. */
  #probe: { answer: Promise<string | undefined>; answeredMs: number } | undefined;

  constructor(ports: HealthPorts) {
    this.#ports = ports;
  }

  /** Answers `/healthz`, which is 200 for as long as the process answers at all, or `/readyz`. */
  async answer(path: string): Promise<HealthAnswer> {
    const reason = path === '/readyz' ? await this.#unready() : undefined;
    return reason === undefined
      ? { status: 200, text: 'ok\n' }
      : { status: 503, text: `${reason}\n` };
  }

  /** Why readers should go elsewhere, in one line; undefined where they need not. */
  async #unready(): Promise<string | undefined> {
    const { isDraining, sources, sourceLostMsMax, nowMs } = this.#ports;
    if (isDraining()) return 'the server is about to stop';
    for (const source of sources()) {
      const reason = sourceReason(source, nowMs(), sourceLostMsMax);
      if (reason !== undefined) return reason;
    }
    return this.#askEngine();
  }

  /** Anybody may ask, so the engine is asked once a second at most. */
  #askEngine(): Promise<string | undefined> {
    const { nowMs } = this.#ports;
    if (this.#probe === undefined || nowMs() - this.#probe.answeredMs >= probeMsMin) {
      const probe = { answer: this.#engineReason(), answeredMs: Infinity };
      void probe.answer.then(() => (probe.answeredMs = nowMs()));
      this.#probe = probe;
    }
    return this.#probe.answer;
  }

  /** Any read shows a commit that is half done: it is carried out first, and else the read is refused. */
  async #engineReason(): Promise<string | undefined> {
    const { engine, engineAnswerMsMax } = this.#ports;
    const stop = new AbortController();
    const late = `the engine has not answered for ${engineAnswerMsMax / 1000} s`;
    let timer: NodeJS.Timeout | undefined;
    const timeOut = new Promise<string>((resolve) => {
      timer = setTimeout(() => {
        resolve(late);
        stop.abort(new FlashError('TIMEOUT', late));
      }, engineAnswerMsMax);
    });
    const asked = queryRows(engine, 'SELECT 1 AS ready', { signal: stop.signal }).then(
      () => undefined,
      engineFailure,
    );
    try {
      return await Promise.race([asked, timeOut]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Anybody gets to read it: it names no server, user, path or value. */
function sourceReason(source: SourceState, nowMs: number, lostMsMax: number): string | undefined {
  const { phase, hasCopy, failure } = source;
  const code = failure === undefined ? '' : ` (${failure.code})`;
  if (phase === 'loading') return 'the first copy of the source is being loaded';
  if (hasCopy !== true) return `there is no copy of the source yet${code}`;
  const awaySinceMs = source.lostSinceMs ?? silentSinceMs(source, nowMs);
  if (awaySinceMs === undefined || nowMs - awaySinceMs <= lostMsMax) return undefined;
  const silent = phase === 'following' ? 'silent' : 'lost';
  const what = phase === 'stopped' ? 'stopped' : silent;
  return `the source is ${what} since ${new Date(awaySinceMs).toISOString()}${what === 'silent' ? '' : code}`;
}

function engineFailure(error: unknown): string {
  const code = error instanceof FlashError ? error.code : 'INTERNAL';
  if (code === 'DISK_FULL' || code === 'DENIED') {
    return `a commit is half done, and nothing can be read until the disk takes writes again (${code})`;
  }
  return `the engine does not answer (${code})`;
}

const probeMsMin = 1_000;
