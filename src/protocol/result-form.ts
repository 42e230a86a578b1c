import { DataType, Field, Int64, Timestamp, TimeUnit, type Schema } from 'apache-arrow';
import { mysqlTypeKey, wallClockZone } from './column-types.js';
import { FlashError } from './errors.js';
import { mapFields, withType } from './map-fields.js';
import { batchScaler, type Scale, type ScaleBatch } from './scale-buffers.js';

/** What readers see for what the engine gave. `scaleBatch` is missing where batches stay as they are. */
export interface ResultForm {
  schema: Schema;
  scaleBatch: ScaleBatch | undefined;
}

/**
 * Gives the form in which a result of any SQL leaves the engine, or undefined where it needs none:
 * TIME as int64 microseconds, since Arrow's own times end at 24 hours, and wall clocks as timestamps
 * without a zone. It goes by the types that the engine gave, so the expression does not matter.
 *
 * Shape: fields of TIME carry `mysql_type`, which tells them from other integers.
 * Errors: UNSUPPORTED for a TIME of more digits than microseconds have.
 */
export function resultForm(given: Schema): ResultForm | undefined {
  const schema = mapFields(given, readerField);
  if (schema === given) return undefined;
  return { schema, scaleBatch: batchScaler(given, timeScale) };
}

function readerField(field: Field, type: DataType): Field {
  if (DataType.isTime(type)) {
    const metadata = new Map([...field.metadata, [mysqlTypeKey, timeName(field.name, type.unit)]]);
    return new Field(field.name, new Int64(), field.nullable, metadata);
  }
  if (!DataType.isTimestamp(type) || type.timezone !== wallClockZone) return field;
  return withType(field, new Timestamp(type.unit));
}

/** The engine does not tell how many of the digits mean something: as many as the unit has. */
function timeName(column: string, unit: TimeUnit): string {
  switch (unit) {
    case TimeUnit.SECOND:
      return 'time';
    case TimeUnit.MILLISECOND:
      return 'time(3)';
    case TimeUnit.MICROSECOND:
      return 'time(6)';
    case TimeUnit.NANOSECOND:
      throw new FlashError('UNSUPPORTED', `Column ${column} is a time with nanoseconds`, {
        hint: "Times leave the engine as microseconds: CAST(x, 'Time64(6)').",
        place: { column },
      });
  }
}

function timeScale(type: DataType): Scale | undefined {
  if (!DataType.isTime(type) || type.bitWidth === 64) return undefined;
  return { width: 4, factor: type.unit === TimeUnit.SECOND ? 1_000_000 : 1000 };
}
