import { FlashError } from '../../protocol/index.js';
import { type Endpoint } from './endpoint.js';

/** Gives the error for a socket that could not be opened, or broke. */
export function socketError(endpoint: Endpoint, cause: unknown): FlashError {
  if (cause instanceof FlashError) return cause;
  const { location } = endpoint;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') {
    return new FlashError('CONNECTION', `No server listens at ${location}`, {
      hint: 'Start one with `theflash serve`, or check host and port.',
      cause,
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new FlashError('CONNECTION', `The host of ${location} is unknown`, {
      hint: 'Check the name.',
      cause,
    });
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return new FlashError('PROTOCOL', `${location} does not speak TLS`, {
      hint: 'Connect with tcp://host:port, or start the server with --tls-cert and --tls-key.',
      cause,
    });
  }
  if (isCertificateError(code)) {
    return new FlashError('AUTH', `The certificate of ${location} is not trusted: ${code}`, {
      hint: 'Put the path of the authority that signed it into THEFLASH_CA.',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FlashError('CONNECTION', `The connection to ${location} broke: ${reason}`, {
    hint: 'Check that the server runs, then try again.',
    cause,
  });
}

/** Gives the error for a server that said goodbye, or nothing, in the middle of something. */
export function lostError(endpoint: Endpoint, what: string): FlashError {
  return new FlashError('CONNECTION', `${endpoint.location} ${what}`, {
    hint: 'Check that the server runs, then try again.',
  });
}

/** OpenSSL's and Node's names for a certificate that was refused (Node docs, "X509 certificate error codes"). */
function isCertificateError(code: string): boolean {
  return /^(?:ERR_TLS_CERT|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/.test(
    code,
  );
}
