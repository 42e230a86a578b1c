import { FlashError } from '../../protocol/index.js';

/** What lasts from one request of a session to the next. */
export interface Session {
  database: string | undefined;
  readonly settings: Map<string, string>;
}

/** A session that a request has for itself until it leaves it. */
export interface SessionTurn {
  session: Session;
  /** May be called twice. */
  leave(): void;
}

/**
 * Sessions of clients, by `session_id`: the settings that SET gave them, and the database of USE. Nothing
 * else is held: the engine has no session, and refuses temporary tables.
 */
export class Sessions {
  readonly #held = new Map<string, Held>();

  /**
   * Gives the session of a request; a new one where there is none yet.
   *
   * Units: timeoutMs is how long it is held after its last request. Errors: NOT_FOUND with
   * SESSION_NOT_FOUND (372) where the client wants one that is there; BUSY where there are too many, and
   * with SESSION_IS_LOCKED (373) where another request of it runs.
   */
  open(id: string, timeoutMs: number, mustBe: boolean): SessionTurn {
    this.#forgetOld();
    const held = this.#held.get(id);
    if (held?.isTaken === true) {
      throw new FlashError('BUSY', `Session ${shownId(id)} is locked by a concurrent client`, {
        hint: 'A session takes one request at a time: give each thread its own session_id.',
        place: { engineCode: sessionLocked },
      });
    }
    if (held === undefined && mustBe) {
      throw new FlashError('NOT_FOUND', `Session ${shownId(id)} not found`, {
        hint: 'It ended: leave session_check out to begin it anew.',
        place: { engineCode: sessionNotFound },
      });
    }
    if (held === undefined && this.#held.size >= sessionsMax) {
      throw new FlashError('BUSY', `${sessionsMax} sessions are held already`, {
        hint: 'Leave session_id out where nothing is SET, or try again in a minute.',
      });
    }
    const session = held?.session ?? { database: undefined, settings: new Map<string, string>() };
    // The least used ones come first.
    this.#held.delete(id);
    const taken = { session, endsAtMs: 0, isTaken: true };
    this.#held.set(id, taken);
    return {
      session,
      leave: () => {
        if (!taken.isTaken) return;
        taken.isTaken = false;
        taken.endsAtMs = Date.now() + timeoutMs;
      },
    };
  }

  close(id: string): void {
    this.#held.delete(id);
  }

  #forgetOld(): void {
    const nowMs = Date.now();
    for (const [id, { session, endsAtMs, isTaken }] of this.#held) {
      if (isTaken) continue;
      const isEmpty = session.database === undefined && session.settings.size === 0;
      // An empty one is as good as none, and clients make one for each connection.
      if (endsAtMs < nowMs || (isEmpty && this.#held.size >= sessionsMax)) this.#held.delete(id);
    }
  }
}

interface Held {
  session: Session;
  endsAtMs: number;
  /** Whether a request of it runs. */
  isTaken: boolean;
}

/** Without the user that it belongs to. */
function shownId(id: string): string {
  return id.slice(id.indexOf('\0') + 1);
}

/** What a statement changes of its session. */
export interface SessionChange {
  database?: string;
  settings?: ReadonlyMap<string, string>;
}

/** Reads `SET name = value, …` and `USE database`; undefined for all else. */
export function readSessionChange(statement: string): SessionChange | undefined {
  const [, name, quoted] = useStatement.exec(statement) ?? [];
  const database = name ?? quoted;
  if (database !== undefined) return { database };
  const [, list] = setStatement.exec(statement) ?? [];
  if (list === undefined || list.length > setBytesMax) return undefined;
  const settings = new Map<string, string>();
  let end = 0;
  for (const match of list.matchAll(assignment)) {
    const [whole, setting = '', text, plain = ''] = match;
    settings.set(setting, text === undefined ? plain : unescape(text));
    end = match.index + whole.length;
  }
  return end === list.length && settings.size > 0 ? { settings } : undefined;
}

/** Errors: TOO_LARGE where a session would hold too many settings. */
export function mergeSettings(
  session: Session | undefined,
  more: ReadonlyMap<string, string>,
): Map<string, string> {
  const merged = new Map([...(session?.settings ?? []), ...more]);
  if (session === undefined || merged.size <= settingsMax) return merged;
  throw new FlashError('TOO_LARGE', `A session holds ${settingsMax} settings at most`);
}

function unescape(text: string): string {
  return text.replaceAll("''", "'").replace(/\\(['\\])/g, '$1');
}

const useStatement = /^\s*USE\s+(?:DATABASE\s+)?(?:([A-Za-z_]\w*)|[`"]([^`"\\]+)[`"])\s*;?\s*$/i;

/** Not SET ROLE and the like, which have no sign of equality after the first word. */
const setStatement = /^\s*SET\s+([A-Za-z_]\w*\s*=[^]*?)\s*;?\s*$/i;

const assignment =
  /([A-Za-z_]\w*)\s*=\s*(?:'((?:[^'\\]|''|\\['\\])*)'|([-+]?[\w.]+))\s*(?:,\s*|$)/gy;

const setBytesMax = 64 * 1024;
const settingsMax = 200;
const sessionsMax = 10_000;
const sessionNotFound = 372;
const sessionLocked = 373;
