import { Flags } from '@oclif/core';
import { FlashError, type Engine } from '../protocol/index.js';

/** `--engine`: where the copy is. Spread it into a command's flags: `{ ...engineFlag }`. */
export const engineFlag = {
  engine: Flags.string({
    summary: 'Folder of the engine that holds the copy, or tcp://host:port of a server.',
    helpValue: 'LOCATION',
    default: './theflash-data',
    env: 'THEFLASH_ENGINE',
  }),
};

/**
 * Opens the engine that `--engine` names. `create` says whether a missing folder is made: a writer
 * wants that, a reader would only hide a mistyped name behind an empty engine.
 *
 * Errors: INVALID_REQUEST for a location of a kind that does not exist; those of the engine.
 */
export async function openEngine(location: string, options: { create: boolean }): Promise<Engine> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 'tcp' || scheme === 'tls') return await openServer(location);
  if (scheme !== undefined) {
    throw new FlashError('INVALID_REQUEST', `No engine is reached by ${scheme}://: ${location}`, {
      hint: 'Give --engine a folder that `theflash write` filled, tcp://host:port or tls://host:port.',
    });
  }
  // Loaded late: `--help` and wrong usage should not wait for the engine library.
  const { openEmbeddedEngine } = await import('../engine/index.js');
  return openEmbeddedEngine(location, options);
}

/** Token and certificate authority come from the environment, where no list of processes shows them. */
async function openServer(location: string): Promise<Engine> {
  const { openRemoteEngine, readAuthority, readTokenFile } =
    await import('../engine/remote/index.js');
  const { THEFLASH_TOKEN: token, THEFLASH_TOKEN_FILE: file, THEFLASH_CA: authority } = process.env;
  const known = token ?? (file === undefined ? undefined : await readTokenFile(file));
  return await openRemoteEngine(location, {
    ...(known === undefined ? {} : { token: known }),
    ...(authority === undefined ? {} : { ca: await readAuthority(authority) }),
  });
}
