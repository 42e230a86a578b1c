/**
 * How a server writes JSON as text. The text of one and the same binary value changed with 8.0; the
 * copy shows what its own source shows.
 */
export interface JsonForm {
  /** Doubles without a fraction end in `.0` (8.0); 5.7 prints them as integers. */
  readonly pointZero: boolean;
  /** Opaque VARCHAR values are printed as plain strings (8.0); 5.7 prints them in base64. */
  readonly plainVarString: boolean;
  /** Line ends inside base64 are escaped (8.0); 5.7 leaves them raw, which is not valid JSON. */
  readonly escapedBase64: boolean;
}

/** MySQL 8.0 and later. */
export const jsonFormMysql80: JsonForm = {
  pointZero: true,
  plainVarString: true,
  escapedBase64: true,
};

/** MySQL 5.7. */
export const jsonFormMysql57: JsonForm = {
  pointZero: false,
  plainVarString: false,
  escapedBase64: false,
};

/** The form of the server that a FORMAT_DESCRIPTION event names, such as `5.7.29-log`. */
export function jsonFormOf(serverVersion: string): JsonForm {
  return serverVersion.startsWith('5.') ? jsonFormMysql57 : jsonFormMysql80;
}
