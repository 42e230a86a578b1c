import { tableName } from '../protocol/index.js';
import { planAlter } from './alter-plan.js';
import type { AlterAction } from './ddl/index.js';
import { alterForeignKeys, followColumns } from './foreign-keys/index.js';
import type { DdlContext, DdlPorts } from './ddl-ports.js';
import type { KnownTable } from './schema-history.js';
import { statementError } from './statement-error.js';

/**
 * Applies the actions of ALTER TABLE that change columns, keys or charsets.
 *
 * An empty table is made anew. One with rows is changed in place, if it is certain what the source
 * made of them.
 * Shape: true where the copy or what is known of the table has changed.
 * Errors: UNSUPPORTED where it is not certain.
 */
export async function applyColumnActions(
  actions: readonly AlterAction[],
  known: KnownTable,
  context: DdlContext,
  ports: DdlPorts,
): Promise<boolean> {
  const { tables, history, filter, foreignKeys, barrier } = ports;
  const target = filter.target(known.schema);
  const plan = planAlter(actions, known);
  const { keys, storage, missing } = alterForeignKeys(known, actions);
  if (missing !== undefined) {
    throw statementError(context, `the foreign key ${missing} is not known`, {
      table: tableName(known.schema),
    });
  }
  plan.known = {
    ...plan.known,
    ...(keys === undefined ? {} : { foreignKeys: keys }),
    ...(storage === undefined ? {} : { storage }),
    generated: alterGenerated(known.generated, actions),
  };
  foreignKeys.checkParents(plan.known, { file: context.file, offset: context.offset });
  await barrier();
  if (plan.engineActions.length > 0 || plan.problem !== undefined) {
    if (!(await tables.holdsRows(target))) {
      await tables.create({ ...plan.known.schema, ...target });
    } else {
      const isKeyless = known.schema.primaryKey.length === 0;
      const problem =
        plan.problem ?? (isKeyless ? 'columns change in a table without a primary key' : undefined);
      if (problem !== undefined) {
        const name = tableName(known.schema);
        throw statementError(context, `${name} can't be altered with its rows: ${problem}`, {
          table: name,
          hint: `All before it is applied. Leave the table out with --exclude ${name}, or start from a fresh copy behind this statement.`,
        });
      }
      for (const action of plan.engineActions) await tables.alter(target, [action]);
    }
  }
  history.set(plan.known);
  followColumns(history, known.schema, actions);
  return true;
}

/** Generated columns after ALTER TABLE. */
function alterGenerated(
  generated: KnownTable['generated'],
  actions: readonly AlterAction[],
): Record<string, readonly string[]> {
  const after = { ...generated };
  for (const action of actions) {
    if (action.kind !== 'add-column' && action.kind !== 'change-column') continue;
    const { name, generatedBy } = action.column;
    if (generatedBy !== undefined) after[name] = generatedBy;
  }
  return after;
}
