/** Log actions that go to the service's own log: one line each, written without a wait and without the service's streams. */
import { write } from 'node:fs';
import { basename } from 'node:path';
import type { AgentHit } from '@stillframe/protocol/hit';
import type { ResolvedLocation } from '@stillframe/protocol/status';

const STDOUT = 1;

export function writeLog(hit: AgentHit, resolved: ResolvedLocation | undefined): void {
  const place = resolved === undefined ? '' : ` ${basename(resolved.path)}:${resolved.line}`;
  const text = (hit.message ?? '').replaceAll(/\r?\n/g, '\\n');
  // A full or closed pipe loses the line; the service is not held up for it.
  write(STDOUT, `[stillframe ${hit.level ?? 'info'}${place}] ${text}\n`, () => {});
}
