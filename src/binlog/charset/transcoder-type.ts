import type { ByteSink } from '../columns/byte-sink.js';

/** Appends `source[start .. end)`, text of one charset, as UTF-8. */
export type Transcoder = (source: Uint8Array, start: number, end: number, sink: ByteSink) => void;
