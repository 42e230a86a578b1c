import { Readable, Transform } from 'node:stream';
import zlib from 'node:zlib';
import { FlashError } from '../protocol/index.js';

/** How a file is compressed as a whole, by the end of its name. */
export type Compression = 'gz' | 'zst';

/** Errors: UNSUPPORTED where this Node has no zstd (it came with 22.15). */
export function checkCompression(compression: Compression, file: string): void {
  if (compression === 'gz' || zstd() !== undefined) return;
  throw new FlashError('UNSUPPORTED', `${file}: Node ${process.version} can't compress by zstd`, {
    hint: `Use Node 22.15 or later, name the file .gz, or pipe: theflash … --format csv | zstd > ${file}`,
  });
}

/** Compresses chunks as they come; its memory does not grow with them. */
export function compress(
  chunks: AsyncIterable<Uint8Array | string>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  const stream = compression === 'gz' ? zlib.createGzip() : zstd()?.();
  if (stream === undefined) throw new FlashError('INTERNAL', 'zstd was not checked for');
  const source = Readable.from(chunks, { objectMode: false });
  source.on('error', (error) => stream.destroy(error));
  stream.on('close', () => source.destroy());
  return source.pipe(stream);
}

function zstd(): (() => Transform) | undefined {
  const found: unknown = 'createZstdCompress' in zlib ? zlib.createZstdCompress : undefined;
  if (typeof found !== 'function') return undefined;
  return () => {
    const stream: unknown = Reflect.apply(found, zlib, []);
    if (stream instanceof Transform) return stream;
    throw new FlashError('INTERNAL', 'zlib gave no stream');
  };
}
