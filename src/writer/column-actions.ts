import { tableName } from '../protocol/index.js';
import { planAlter, type AlterPlan } from './alter-plan.js';
import type { PendingRename } from './checkpoint.js';
import type { AlterAction } from './ddl/index.js';
import { alterForeignKeys } from './foreign-keys/index.js';
import type { DdlContext, DdlPorts } from './ddl-ports.js';
import { resyncHint } from './resync-hint.js';
import type { KnownTable } from './schema-history.js';
import { checkStorage } from './storage-engine.js';
import { atStatement, statementError } from './statement-error.js';

/** What ALTER TABLE makes of a table, and which tables of the engine have to move for it. */
export interface AlteredTable {
  known: KnownTable;
  /** The table that holds the rows as they are now, and the one to be dropped; undefined: in place. */
  rebuilt: { filled: PendingRename['uuid']; dropped: PendingRename['uuid'] } | undefined;
}

/**
 * Carries out the actions of ALTER TABLE that change columns, keys or charsets, as far as that may be
 * repeated without a note of it: an empty table is made anew, one with rows is changed in place or
 * filled anew beside itself.
 *
 * `isDone`: an earlier run has come as far as the note, and only what is known is to be told.
 * Errors: UNSUPPORTED where it is not certain what the source made of the rows.
 */
export async function applyColumnActions(
  actions: readonly AlterAction[],
  known: KnownTable,
  isDone: boolean,
  context: DdlContext,
  ports: DdlPorts,
): Promise<AlteredTable> {
  const { barrier, foreignKeys } = ports;
  const { file, offset } = context;
  const name = tableName(known.schema);
  const planned = planAlter(actions, known, context.session, { file, offset, table: name });
  const { keys, storage, missing } = alterForeignKeys(known, actions);
  checkStorage(storage, tableName(known.schema), context);
  if (missing !== undefined) {
    throw statementError(context, `the foreign key ${missing} is not known`, { table: name });
  }
  const plan: AlterPlan = {
    ...planned,
    known: {
      ...planned.known,
      ...(keys === undefined ? {} : { foreignKeys: keys }),
      ...(storage === undefined ? {} : { storage }),
    },
  };
  foreignKeys.checkParents(plan.known, { file, offset });
  if (isDone) return { known: plan.known, rebuilt: undefined };
  await barrier();
  if (plan.rows.kind === 'in-place' && plan.rows.actions.length + plan.doubts.length === 0) {
    return { known: plan.known, rebuilt: undefined };
  }
  const isCertain = plan.rows.kind !== 'problem' || !plan.rows.always;
  return atStatement(context, name, () => carryOut(plan, known, isCertain, context, ports));
}

async function carryOut(
  plan: AlterPlan,
  known: KnownTable,
  isCertain: boolean,
  context: DdlContext,
  ports: DdlPorts,
): Promise<AlteredTable> {
  const { tables, filter } = ports;
  const target = filter.target(known.schema);
  const name = tableName(known.schema);
  const altered: AlteredTable = { known: plan.known, rebuilt: undefined };
  if (isCertain && !(await tables.holdsRows(target))) {
    await tables.create({ ...plan.known.schema, ...target });
    return altered;
  }
  const problem = await findProblem(plan, target, ports);
  if (problem !== undefined) {
    throw statementError(context, `${name} can't be altered with its rows: ${problem}`, {
      table: name,
      hint: resyncHint(known.schema, ports),
    });
  }
  if (plan.rows.kind === 'in-place') {
    for (const action of plan.rows.actions) await tables.alter(target, [action]);
  }
  if (plan.rows.kind !== 'rebuild') return altered;
  const { rebuild } = ports;
  const filled = await rebuild.fill(target, { ...plan.known.schema, ...target }, plan.rows.values);
  const uuids = [await tables.uuidOf(filled), await tables.uuidOf(target)];
  const [fresh, old] = uuids;
  if (fresh === undefined || old === undefined) throw new RangeError(`no table ${name}`);
  return { known: plan.known, rebuilt: { filled: fresh, dropped: old } };
}

async function findProblem(
  { rows, doubts }: AlterPlan,
  target: { database: string; table: string },
  { rebuild }: DdlPorts,
): Promise<string | undefined> {
  if (rows.kind === 'problem') return rows.problem;
  const doubt = await rebuild.findDoubt(target, doubts);
  return doubt === undefined ? undefined : `there are rows with ${doubt.what}`;
}
