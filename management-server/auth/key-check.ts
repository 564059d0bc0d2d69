/** Compares a presented key with one that is known only as a hash, in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** The returned function keeps the SHA-256 alone; the key itself does not stay in memory. */
export function keyCheck(key: string): (presented: string) => boolean {
  const expected = hash(key);
  return (presented) => timingSafeEqual(hash(presented), expected);
}

/** The token of `Authorization: Bearer <token>`. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
