import { Transform } from 'node:stream';
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

/**
 * Compresses chunks as they come; its memory does not grow with them.
 *
 * Owns: the next chunk is asked for when the last one has been compressed, and not before: its memory may be used again
 * then.
 */
export async function* compress(
  chunks: AsyncIterable<Uint8Array | string>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  const packer = compression === 'gz' ? zlib.createGzip() : zstd()?.();
  if (packer === undefined) throw new FlashError('INTERNAL', 'zstd was not checked for');
  const feeding = feed(chunks, packer).catch((error: unknown) => {
    packer.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const packed: AsyncIterable<Uint8Array> = packer;
  try {
    yield* packed;
  } finally {
    packer.destroy();
    await feeding;
  }
}

async function feed(chunks: AsyncIterable<Uint8Array | string>, packer: Transform): Promise<void> {
  for await (const chunk of chunks) {
    await new Promise<void>((resolve, reject) => {
      // A packer that is closed while its output is full forgets what waits.
      const onClose = (): void => {
        reject(new Error('nobody reads on'));
      };
      packer.once('close', onClose);
      packer.write(chunk, (error) => {
        packer.off('close', onClose);
        if (error) reject(error);
        else resolve();
      });
    });
  }
  packer.end();
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
