import { readValue } from '../binlog/index.js';
import { tableName } from '../protocol/index.js';
import type { TableRepair } from './repair.js';
import type { ComparedTable, RowPlace } from './rows.js';
import { differingColumns } from './same-value.js';
import { shownValue } from './shown-value.js';
import type { Suspect } from './suspect.js';
import type { RowDifference, ShownRow, TableResult } from './verify-result.js';

/** Gathers what is proven of one table. */
export class TableOutcome {
  readonly #table: ComparedTable;
  readonly #differencesMax: number;
  readonly #counts = { missing: 0, extra: 0, different: 0 };
  readonly #differences: RowDifference[] = [];
  rows = 0;
  unsettled = 0;

  constructor(table: ComparedTable, differencesMax: number) {
    this.#table = table;
    this.#differencesMax = differencesMax;
  }

  /** Notes a row that is proven to differ. */
  add({ source, copy, sourceCount, copyCount }: Suspect): void {
    const gap = sourceCount - copyCount;
    const kind = gap > 0 ? 'missing' : gap < 0 ? 'extra' : 'different';
    const rows = Math.max(1, Math.abs(gap));
    this.#counts[kind] += rows;
    if (this.#differences.length >= this.#differencesMax) return;
    const here = kind === 'extra' ? undefined : source;
    const there = kind === 'missing' ? undefined : (copy ?? source);
    const cut = new Set<string>();
    this.#differences.push({
      ...{ kind, rows },
      key: this.#table.isKeyless ? null : this.#show(source ?? copy, cut, this.#table.key),
      source: this.#show(here, cut),
      copy: this.#show(there, cut),
      cut: [...cut],
      columns: here === undefined || there === undefined ? [] : differingColumns(here, there),
    });
  }

  /** `repairs`: what was repaired, by the source's names. */
  result(repairs: ReadonlyMap<string, TableRepair> | undefined): TableResult {
    const table = tableName(this.#table.known.schema);
    return {
      table,
      rows: this.rows,
      definition: null,
      ...this.#counts,
      unsettled: this.unsettled,
      differences: this.#differences,
      repaired: repairs?.get(table) ?? null,
    };
  }

  /** Owns: texts of their own. Adds to `cut` the columns of which they are a part. */
  #show(
    place: RowPlace | undefined,
    cut: Set<string>,
    indexes?: readonly number[],
  ): ShownRow | null {
    if (place === undefined) return null;
    const { schema } = this.#table;
    const shown = indexes ?? schema.columns.map((_, index) => index);
    const changes = { ...place.rows, delmarks: new Uint8Array(0) };
    return Object.fromEntries(
      shown.map((index): [string, string | null] => {
        const name = schema.columns[index]?.name ?? '';
        const { text, isCut } = shownValue(readValue(changes, index, place.row));
        if (isCut) cut.add(name);
        return [name, text];
      }),
    );
  }
}
