import { FlashError } from '../../protocol/index.js';
import { type ActiveRequest } from '../active-request.js';

/**
 * The ids that clients gave their requests, which the engine does not know: it gives ids of its own. KILL
 * QUERY is carried out here where it names one of them.
 */
export class RunningQueries {
  readonly #requests = new Map<string, { active: ActiveRequest; user: string | undefined }>();

  /**
   * Notes a request until it is removed.
   *
   * Errors: INVALID_REQUEST with QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING (216).
   */
  add(queryId: string, active: ActiveRequest, user: string | undefined): void {
    if (this.#requests.has(queryId)) {
      throw new FlashError('INVALID_REQUEST', `Query with id = ${queryId} is already running`, {
        place: { engineCode: sameIdIsRunning },
      });
    }
    this.#requests.set(queryId, { active, user });
  }

  /** Removes a request; another one of its id stays. May be called twice. */
  remove(queryId: string, active: ActiveRequest): void {
    if (this.#requests.get(queryId)?.active === active) this.#requests.delete(queryId);
  }

  /**
   * Ends the request that a statement kills by its id; false where it is no such statement, or the request is another
   * user's. Who is no user may end all.
   */
  kill(statement: string, user: string | undefined): boolean {
    const [, text = ''] = killById.exec(statement) ?? [];
    const found = this.#requests.get(text);
    if (found === undefined || (user !== undefined && found.user !== user)) return false;
    found.active.abort(new FlashError('CANCELLED', 'Query was cancelled by KILL QUERY'));
    return true;
  }
}

/** Ids are letters without spaces; one with a quote or a backslash is not looked for. */
const killById =
  /^\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\\s]+)'\s*(?:SYNC|ASYNC)?\s*;?\s*$/i;

const sameIdIsRunning = 216;
