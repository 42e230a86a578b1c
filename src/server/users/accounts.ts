import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { FlashError } from '../../protocol/index.js';
import { isPassword, unknownUser } from './password-hash.js';
import { readUsersFile, type TableRight, type UserEntry } from './users-file.js';

/** Who has logged in as a user of the users file. */
export interface Account {
  readonly name: string;
  /** Of the engine: what it may read and write. */
  readonly role: string;
  /** Units: ms; 0 for ever. */
  readonly timeoutMs: number;
  readonly queriesMax: number;
  /** 0 is no limit. */
  readonly queriesPerMinuteMax: number;
  /** Units: bytes; 0 is no limit. */
  readonly memoryBytesMax: number;
  /** Units: bytes; 0 is no limit. */
  readonly resultBytesMax: number;
}

/** A right as the engine is opened with it. */
export interface RoleRight extends TableRight {
  role: string;
}

/** The users of a server. Their rights are the engine's roles, which it has from its open on. */
export class Accounts {
  readonly file: string;
  /** By name, of the start. */
  readonly #roles: ReadonlyMap<string, { role: string; rights: string }>;
  #users: ReadonlyMap<string, UserEntry>;
  /** Passwords that were right, by user, under a key of this process: scrypt takes a tenth of a second. */
  readonly #known = new Map<string, Buffer>();
  readonly #knownKey = randomBytes(32);
  readonly #running = new Map<string, number>();
  /** By user, when their statements of the last minute began. */
  readonly #begun = new Map<string, number[]>();

  private constructor(file: string, users: readonly UserEntry[]) {
    this.file = file;
    this.#users = byName(users);
    this.#roles = new Map(
      users.map((user, index) => [
        user.name,
        { role: `user_${index}`, rights: rightsText(user.rights) },
      ]),
    );
  }

  /** Errors: as `readUsersFile`. */
  static async open(file: string): Promise<Accounts> {
    return new Accounts(file, await readUsersFile(file));
  }

  /** What the engine has to be opened with. */
  get rights(): readonly RoleRight[] {
    return [...this.#users.values()].flatMap(({ name, rights }) => {
      const role = this.#roles.get(name)?.role;
      return role === undefined ? [] : rights.map((right) => ({ role, ...right }));
    });
  }

  /**
   * Reads the file again: passwords, limits, and which users there are. On an error all stays as it was.
   *
   * Errors: as `readUsersFile`; INVALID_REQUEST where a user has other rights than at the start, as the engine takes
   * those when it opens.
   */
  async reload(): Promise<void> {
    const users = await readUsersFile(this.file);
    const changed = users.find(
      ({ name, rights }) => this.#roles.get(name)?.rights !== rightsText(rights),
    );
    if (changed !== undefined) {
      throw new FlashError(
        'INVALID_REQUEST',
        `${this.file} gives ${changed.name} other rights than at the start; nothing of it was taken`,
        {
          hint: 'Rights come into force at a start: stop serve and start it again. Passwords, limits and users that are gone are taken by SIGHUP.',
          place: { file: this.file },
        },
      );
    }
    this.#users = byName(users);
    this.#known.clear();
  }

  has(name: string): boolean {
    return this.#users.has(name);
  }

  /** The account whose name and password these are; takes as long for a name that there is not. */
  async logIn(name: string, password: string): Promise<Account | undefined> {
    const user = this.#users.get(name);
    const role = this.#roles.get(name)?.role;
    const isRight =
      user !== undefined && this.#isKnown(name, password)
        ? true
        : await isPassword(password, user?.password ?? unknownUser);
    // A reload may have come in between.
    if (!isRight || user === undefined || role === undefined) return undefined;
    if (this.#users.get(name)?.password.key.equals(user.password.key) !== true) return undefined;
    this.#known.set(name, this.#digest(name, password));
    const { timeoutMs, queriesMax, queriesPerMinuteMax, memoryBytesMax, resultBytesMax } = user;
    const limits = { timeoutMs, queriesMax, queriesPerMinuteMax, memoryBytesMax, resultBytesMax };
    return { name, role, ...limits };
  }

  /** Notes a statement of a user until what it gives is called. Errors: BUSY. */
  enter(account: Account): () => void {
    const count = this.#running.get(account.name) ?? 0;
    if (count >= account.queriesMax) {
      throw new FlashError('BUSY', `${count} statements of ${account.name} run already`, {
        hint: 'Try again in a moment, or raise queriesMax in the users file.',
      });
    }
    this.#countOfMinute(account);
    this.#running.set(account.name, count + 1);
    return () => {
      const left = (this.#running.get(account.name) ?? 1) - 1;
      if (left === 0) this.#running.delete(account.name);
      else this.#running.set(account.name, left);
    };
  }

  /** Errors: BUSY where as many as may begin within a minute have begun. */
  #countOfMinute({ name, queriesPerMinuteMax }: Account): void {
    if (queriesPerMinuteMax === 0) return;
    const nowMs = performance.now();
    const begun = (this.#begun.get(name) ?? []).filter((atMs) => atMs > nowMs - minuteMs);
    this.#begun.set(name, begun);
    const [first] = begun;
    if (begun.length >= queriesPerMinuteMax && first !== undefined) {
      const waitSeconds = Math.ceil((first + minuteMs - nowMs) / 1000);
      throw new FlashError('BUSY', `${name} has begun ${begun.length} statements in a minute`, {
        hint: `Try again in ${waitSeconds} s, or raise queriesPerMinuteMax in the users file.`,
      });
    }
    begun.push(nowMs);
  }

  #isKnown(name: string, password: string): boolean {
    const known = this.#known.get(name);
    return known !== undefined && timingSafeEqual(known, this.#digest(name, password));
  }

  #digest(name: string, password: string): Buffer {
    return createHmac('sha256', this.#knownKey).update(`${name}\0${password}`).digest();
  }
}

const minuteMs = 60_000;

function byName(users: readonly UserEntry[]): ReadonlyMap<string, UserEntry> {
  return new Map(users.map((user) => [user.name, user]));
}

function rightsText(rights: readonly TableRight[]): string {
  return rights
    .map(({ kind, database, table }) => [kind, database, table].join('\t'))
    .sort()
    .join('\n');
}
