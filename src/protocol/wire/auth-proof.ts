import { createHmac, timingSafeEqual } from 'node:crypto';

/** Who proves that it has the token; in the text that is signed, so that no proof serves the other. */
export type ProofSide = 'client' | 'server';

/**
 * Gives the proof of AUTH or AUTH_OK: HMAC-SHA256, keyed with the token in UTF-8, of the lines
 * `TheFlash v1 <side>`, server id, server nonce, client nonce, each ended by a line feed. In hex.
 *
 * The token itself never crosses the wire, and a proof is good for one connection only.
 */
export function authProof(
  side: ProofSide,
  token: string,
  nonces: { serverId: string; serverNonce: string; clientNonce: string },
): string {
  const { serverId, serverNonce, clientNonce } = nonces;
  return createHmac('sha256', token)
    .update(`TheFlash v1 ${side}\n${serverId}\n${serverNonce}\n${clientNonce}\n`)
    .digest('hex');
}

/** Compares two texts in a time that does not tell where they differ. */
export function equalsInConstantTime(left: string, right: string): boolean {
  // Hashed first: timingSafeEqual wants equal lengths, and lengths would leak too.
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
