import { DataType, Field, FixedSizeList, List, Map_, Schema, Struct } from 'apache-arrow';
import { FlashError } from './errors.js';
import { fieldType } from './scan-schema.js';

/** Gives the field that stands for one that holds values itself; the same where it stays. */
export type MapLeaf = (field: Field, type: DataType) => Field<DataType>;

/**
 * Gives a schema in which `leaf` has replaced fields, however deep in lists, tuples and maps they
 * are; the very same schema where it has replaced none.
 *
 * Errors: UNSUPPORTED for a replaced field in a type of another kind.
 */
export function mapFields(schema: Schema, leaf: MapLeaf): Schema {
  const given: readonly Field<DataType>[] = schema.fields;
  const fields = given.map((field) => mapField(field, leaf));
  if (fields.every((field, index) => field === given[index])) return schema;
  return new Schema(fields, schema.metadata, schema.dictionaries);
}

/** Gives the field with another type. */
export function withType(field: Field, type: DataType): Field<DataType> {
  return new Field(field.name, type, field.nullable, field.metadata);
}

/** Gives the fields in a list, tuple or map; none for other types. */
export function childFields(type: DataType): readonly Field<DataType>[] {
  // apache-arrow's plain types have null there, which its types do not say.
  const { children }: { children: unknown } = type;
  return Array.isArray(children) ? children.filter(isField) : [];
}

function isField(value: unknown): value is Field<DataType> {
  return value instanceof Field;
}

function mapField(field: Field<DataType>, leaf: MapLeaf): Field<DataType> {
  const type = fieldType(field);
  const given = childFields(type);
  if (given.length === 0) return leaf(field, type);
  const children = given.map((child) => mapField(child, leaf));
  if (children.every((child, index) => child === given[index])) return field;
  return withType(field, nestedType(field, type, children));
}

function nestedType(field: Field, type: DataType, children: Field<DataType>[]): DataType {
  if (DataType.isStruct(type)) return new Struct(children);
  const [child] = children;
  if (child !== undefined && DataType.isList(type)) return new List(child);
  if (child !== undefined && DataType.isFixedSizeList(type)) {
    return new FixedSizeList(type.listSize, child);
  }
  if (child !== undefined && DataType.isMap(type)) {
    const entries = new Struct<{ key: DataType; value: DataType }>([...childFields(child.type)]);
    const entry = new Field(child.name, entries, child.nullable, child.metadata);
    return new Map_(entry, type.keysSorted);
  }
  throw new FlashError('UNSUPPORTED', `Column ${field.name} has a TIME or DATETIME in a Variant`, {
    hint: 'Cast it to text: toString(x).',
    place: { column: field.name },
  });
}
