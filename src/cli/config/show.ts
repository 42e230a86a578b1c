import { layOutTable, type TextColumn, type TextRow } from '../format/index.js';
import { maskPassword } from '../source-flags.js';
import { originText, type Origin } from './origin.js';
import { valueText, type SettingValue } from './setting-value.js';
import type { Setting } from './settle.js';

/** The settings of a command. */
export interface CommandSettings {
  command: string;
  settings: readonly Setting[];
}

/** What `theflash config --json` gives: `version` grows when a field goes or changes what it means. */
export interface ConfigJson {
  version: 1;
  /** Null without one. */
  file: string | null;
  commands: readonly {
    command: string;
    settings: readonly {
      name: string;
      /** As a config file writes it, null where nothing sets it; passwords of URLs are `***`. */
      value: SettingValue | null;
      from: Origin;
      over: readonly Origin[];
    }[];
  }[];
}

/** Gives all settings of the commands as programs read them. */
export function configJson(file: string | undefined, all: readonly CommandSettings[]): ConfigJson {
  return {
    version: 1,
    file: file ?? null,
    commands: all.map(({ command, settings }) => ({
      command,
      settings: settings.map(({ name, value, from, over }) => ({
        name,
        value: masked(value) ?? null,
        from,
        over,
      })),
    })),
  };
}

/** Gives all settings of one command as a table, defaults too. */
export function settingsTable({ settings }: CommandSettings, widthMax: number): string {
  const rows = settings.map((setting) => [setting.name, shownValue(setting), shownOrigin(setting)]);
  return layOutTable(columns, rows, widthMax).trimEnd();
}

/** Gives what is not by default as a table, a line for the same setting of several commands; empty where there is none. */
export function changedTable(all: readonly CommandSettings[], widthMax: number): string {
  const rows = new Map<string, { cells: TextRow; commands: string[] }>();
  for (const { command, settings } of all) {
    for (const setting of settings.filter(({ from }) => from.kind !== 'default')) {
      const cells = [setting.name, shownValue(setting), shownOrigin(setting)];
      const key = JSON.stringify(cells);
      const row = rows.get(key) ?? { cells, commands: [] };
      row.commands.push(command);
      rows.set(key, row);
    }
  }
  if (rows.size === 0) return '';
  const lines = [...rows.values()].map(({ cells, commands }) => [...cells, commands.join(', ')]);
  return layOutTable([...columns, left('commands')], lines, widthMax).trimEnd();
}

function left(name: string): TextColumn {
  return { name, align: 'left' };
}

const columns = ['setting', 'value', 'from'].map(left);

function shownValue({ value }: Setting): string {
  return valueText(masked(value));
}

function shownOrigin({ from, over }: Setting): string {
  return [originText(from), ...over.map((each) => `over ${originText(each)}`)].join(', ');
}

function masked(value: SettingValue | undefined): SettingValue | undefined {
  if (typeof value === 'string') return maskPassword(value);
  return typeof value === 'object' ? value.map(maskPassword) : value;
}
