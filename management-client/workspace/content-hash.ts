/** Names of a text by what is in it: as agents report their files. */
import { createHash } from 'node:crypto';

export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Git's blob id of the same bytes. */
export function gitBlobOf(content: string | Buffer): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0`)
    .update(content)
    .digest('hex');
}
