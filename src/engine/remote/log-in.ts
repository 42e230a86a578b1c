import { randomBytes } from 'node:crypto';
import { FlashError } from '../../protocol/index.js';
import {
  authProof,
  equalsInConstantTime,
  versionMax,
  versionMin,
  type HelloOkMessage,
  type Message,
} from '../../protocol/wire/index.js';
import { type Endpoint } from './endpoint.js';
import { type ResolvedOptions } from './options.js';

/** What a login needs of a connection. */
export interface Greeter {
  greet(message: Message): Promise<Message>;
  setChecksum(isOn: boolean): void;
}

/**
 * Logs in: HELLO, and AUTH where the server asks for a token. Both sides prove that they have it.
 *
 * Errors: AUTH for a token that is missing or wrong, on either side; VERSION; PROTOCOL.
 */
export async function logIn(
  connection: Greeter,
  endpoint: Endpoint,
  options: ResolvedOptions,
): Promise<HelloOkMessage> {
  const answer = await connection.greet({
    type: 'HELLO',
    client: options.client,
    frameBytesMax: options.frameBytesMax,
    checksum: options.checksum ?? !endpoint.isTls,
  });
  if (answer.type !== 'HELLO_OK') throw unexpected(endpoint, answer);
  if (answer.version < versionMin || answer.version > versionMax) {
    throw new FlashError('VERSION', `${endpoint.location} chose version ${answer.version}`, {
      hint: `This program speaks ${versionMin} to ${versionMax}: update the older side.`,
    });
  }
  connection.setChecksum(answer.checksum);
  if (answer.auth === 'token') await prove(connection, endpoint, options, answer);
  return answer;
}

async function prove(
  connection: Greeter,
  endpoint: Endpoint,
  options: ResolvedOptions,
  hello: HelloOkMessage,
): Promise<void> {
  if (options.token === undefined) {
    throw new FlashError('AUTH', `${endpoint.location} asks for a token`, {
      hint: 'Put it into THEFLASH_TOKEN, or the path of its file into THEFLASH_TOKEN_FILE.',
    });
  }
  const nonce = randomBytes(32).toString('hex');
  const nonces = { serverId: hello.serverId, serverNonce: hello.nonce, clientNonce: nonce };
  const proof = authProof('client', options.token, nonces);
  const answer = await connection.greet({ type: 'AUTH', nonce, proof });
  if (answer.type !== 'AUTH_OK') throw unexpected(endpoint, answer);
  if (equalsInConstantTime(answer.proof, authProof('server', options.token, nonces))) return;
  throw new FlashError('AUTH', `${endpoint.location} does not have the token itself`, {
    hint: 'Another program may listen there: check host and port.',
  });
}

function unexpected(endpoint: Endpoint, message: Message): FlashError {
  return new FlashError('PROTOCOL', `${endpoint.location} answers a login with ${message.type}`);
}
