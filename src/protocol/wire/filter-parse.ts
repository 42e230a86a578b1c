import { FlashError } from '../errors.js';
import { wireLimits } from './constants.js';
import {
  comparisonOps,
  literalTypes,
  textOps,
  type Filter,
  type Literal,
  type Operand,
} from './filter.js';
import { JsonFields } from './json-fields.js';

/**
 * Parses a filter tree from JSON, within the limits of depth and size.
 *
 * Errors: PROTOCOL for a tree that is not as filter.ts says; TOO_LARGE beyond the limits.
 */
export function parseFilter(value: unknown): Filter {
  const budget: Budget = { nodes: wireLimits.filterNodesMax, values: wireLimits.filterValuesMax };
  return parseNode(value, budget, wireLimits.filterDepthMax);
}

interface Budget {
  nodes: number;
  values: number;
}

const ops = [
  'true',
  'false',
  'and',
  'or',
  'not',
  'is-null',
  'in',
  'like',
  ...comparisonOps,
  ...textOps,
] as const;

function parseNode(value: unknown, budget: Budget, depth: number): Filter {
  budget.nodes -= 1;
  if (budget.nodes < 0 || depth === 0) throw tooLarge();
  const fields = new JsonFields('filter', value);
  const op = fields.choice('op', ops);
  switch (op) {
    case 'true':
    case 'false':
      return { op };
    case 'and':
    case 'or':
      return {
        op,
        filters: fields.list('filters', wireLimits.filterNodesMax, (each) =>
          parseNode(each, budget, depth - 1),
        ),
      };
    case 'not':
      return { op, filter: parseNode(fields.value('filter'), budget, depth - 1) };
    case 'is-null':
      return { op, column: fields.text('column') };
    case 'in': {
      const values = fields.list('values', wireLimits.filterValuesMax, parseLiteral);
      budget.values -= values.length;
      if (budget.values < 0) throw tooLarge();
      return { op, column: fields.text('column'), values };
    }
    case 'starts':
    case 'ends':
    case 'contains':
      return { op, column: fields.text('column'), text: fields.longText('text') };
    case 'like':
      return {
        op,
        column: fields.text('column'),
        pattern: fields.longText('pattern'),
        escape: fields.text('escape', 2),
      };
    case '=':
    case '<=>':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { op, left: parseOperand(fields, 'left'), right: parseOperand(fields, 'right') };
  }
}

function parseOperand(fields: JsonFields, name: string): Operand {
  const operand = fields.object(name);
  if (operand.has('column')) return { column: operand.text('column') };
  return { literal: parseLiteral(operand.value('literal')) };
}

const numberShapes = {
  int: /^-?\d{1,76}$/,
  decimal: /^-?(?=[\d.]{1,77}$)\d{1,76}(?:\.\d{1,76})?$/,
  float: /^(?:NaN|-?Infinity|-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?)$/,
  binary: /^(?:[0-9a-fA-F]{2})*$/,
  date: /^-?\d{1,7}$/,
  timestamp: /^-?\d{1,18}$/,
  time: /^-?\d{1,13}$/,
} as const;

function parseLiteral(value: unknown): Literal {
  const fields = new JsonFields('literal', value);
  const type = fields.choice('type', literalTypes);
  if (type === 'null') return { type };
  if (type === 'bool') return { type, value: fields.flag('value') };
  const text = fields.longText('value');
  // A lone surrogate has no UTF-8 form, and would silently become another character.
  if (type === 'string') {
    if (/\p{Surrogate}/u.test(text)) throw wrongLiteral(type, text);
    return { type, value: text };
  }
  if (!numberShapes[type].test(text)) throw wrongLiteral(type, text);
  return { type, value: text };
}

function wrongLiteral(type: string, text: string): FlashError {
  return new FlashError('PROTOCOL', `Not a literal of type ${type}`, {
    hint: `It is "${text.slice(0, 80)}"; docs/protocol.md, "Filters", says how each type is written.`,
  });
}

function tooLarge(): FlashError {
  return new FlashError(
    'TOO_LARGE',
    `A filter has more than ${wireLimits.filterNodesMax} nodes, ${wireLimits.filterValuesMax} ` +
      `values or ${wireLimits.filterDepthMax} levels`,
    { hint: 'Send less of it, and filter the rest of the rows on your side.' },
  );
}
