import { FlashError } from '../../protocol/index.js';
import { type ActiveRequest } from '../active-request.js';

/**
 * The ids that clients gave their requests, which the engine does not know: it gives ids of its own. KILL
 * QUERY is carried out here where it names one of them.
 */
export class RunningQueries {
  /** By user and id: nobody learns of another's ids, or takes one that another wants. */
  readonly #requests = new Map<string, { id: string; active: ActiveRequest }>();

  /**
   * Notes a request until it is removed. `user`: none of who has the token.
   *
   * Errors: INVALID_REQUEST with QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING (216).
   */
  add(queryId: string, active: ActiveRequest, user: string | undefined): void {
    const key = keyOf(queryId, user);
    if (this.#requests.has(key)) {
      throw new FlashError('INVALID_REQUEST', `Query with id = ${queryId} is already running`, {
        place: { engineCode: sameIdIsRunning },
      });
    }
    this.#requests.set(key, { id: queryId, active });
  }

  /** Removes a request; another one of its id stays. May be called twice. */
  remove(queryId: string, active: ActiveRequest, user: string | undefined): void {
    const key = keyOf(queryId, user);
    if (this.#requests.get(key)?.active === active) this.#requests.delete(key);
  }

  /**
   * Ends the request that a statement kills by its id; false where it is no such statement, or the request is another
   * user's. Who has the token ends those of all users that bear the id.
   */
  kill(statement: string, user: string | undefined): boolean {
    const [, text = ''] = killById.exec(statement) ?? [];
    const found = [...this.#requests].filter(
      ([key, { id }]) => id === text && (user === undefined || key === keyOf(id, user)),
    );
    for (const [, { active }] of found) {
      active.abort(new FlashError('CANCELLED', 'Query was cancelled by KILL QUERY'));
    }
    return found.length > 0;
  }
}

/** A name of a user has no NUL. */
function keyOf(id: string, user: string | undefined): string {
  return `${user ?? ''}\0${id}`;
}

/** Ids are letters without spaces; one with a quote or a backslash is not looked for. */
const killById =
  /^\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\\s]+)'\s*(?:SYNC|ASYNC)?\s*;?\s*$/i;

const sameIdIsRunning = 216;
