import { randomBytes } from 'node:crypto';
import { FlashError, isLoopback } from '../../protocol/index.js';
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
    ...(endpoint.user === undefined ? {} : { user: endpoint.user }),
  });
  if (answer.type !== 'HELLO_OK') throw unexpected(endpoint, answer);
  if (answer.version < versionMin || answer.version > versionMax) {
    throw new FlashError('VERSION', `${endpoint.location} chose version ${answer.version}`, {
      hint: `This program speaks ${versionMin} to ${versionMax}: update the older side.`,
    });
  }
  connection.setChecksum(answer.checksum);
  if (endpoint.user !== undefined) await sendPassword(connection, endpoint, options, answer);
  else if (answer.auth === 'token') await prove(connection, endpoint, options, answer);
  else if (answer.auth === 'password') throw unexpected(endpoint, answer);
  return answer;
}

/** A server that knows no users would go on with other rights than were asked for. */
async function sendPassword(
  connection: Greeter,
  endpoint: Endpoint,
  options: ResolvedOptions,
  { auth }: HelloOkMessage,
): Promise<void> {
  if (auth !== 'password') {
    throw new FlashError('AUTH', `${endpoint.location} has no users`, {
      hint: 'Leave the user out of the address, or start the server with --users-file.',
    });
  }
  if (options.token === undefined) {
    throw new FlashError('AUTH', `${endpoint.location} asks for a password`, {
      hint: 'Put it into THEFLASH_TOKEN, or the path of its file into THEFLASH_TOKEN_FILE.',
    });
  }
  if (!endpoint.isTls && !isLoopback(endpoint.host)) {
    throw new FlashError('INVALID_REQUEST', `The password would go to ${endpoint.host} in plain`, {
      hint: 'Use tls://, which the server offers with --tls-cert and --tls-key.',
    });
  }
  const answer = await connection.greet({ type: 'AUTH', password: options.token });
  if (answer.type !== 'AUTH_OK') throw unexpected(endpoint, answer);
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
  if (equalsInConstantTime(answer.proof ?? '', authProof('server', options.token, nonces))) return;
  throw new FlashError('AUTH', `${endpoint.location} does not have the token itself`, {
    hint: 'Another program may listen there: check host and port.',
  });
}

function unexpected(endpoint: Endpoint, message: Message): FlashError {
  return new FlashError('PROTOCOL', `${endpoint.location} answers a login with ${message.type}`);
}
