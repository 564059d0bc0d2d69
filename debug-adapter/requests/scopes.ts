import type { Frame, Hit } from '@stillframe/protocol/hit';
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import type { Answer } from './request.ts';

export const ScopesShape = z.object({ frameId: z.int() });

/** Scopes of the captured frame under the names people know; `this` stands with the locals. */
export const SCOPES: readonly {
  name: string;
  kinds: readonly string[];
  hint?: 'arguments' | 'locals' | 'returnValue';
  expensive?: true;
}[] = [
  { name: 'Arguments', kinds: ['arguments'], hint: 'arguments' },
  { name: 'Locals', kinds: ['locals', 'this', 'nothing'], hint: 'locals' },
  { name: 'Closure', kinds: ['closure'] },
  { name: 'Return value', kinds: ['return'], hint: 'returnValue' },
  { name: 'Watch', kinds: ['watch'] },
  { name: 'Module', kinds: ['module'], expensive: true },
  { name: 'Hit', kinds: ['hit'] },
];

export async function scopes(session: AdapterSession, { frameId }: z.infer<typeof ScopesShape>): Promise<Answer> {
  const ref = session.frames.get(frameId);
  if (ref === undefined) throw new Problem('This frame is of another session; select it again');
  const hit = await session.link.hit(ref.hitId);
  const present = SCOPES.filter(({ kinds }) => kinds.some((kind) => has(hit, ref.frame, kind)));
  return {
    body: {
      scopes: present.map(({ name, hint, expensive }) => ({
        name,
        variablesReference: session.containers.idOf(`${hit.id} ${ref.frame} scope ${name}`, () => ({
          kind: 'scope',
          hitId: hit.id,
          frame: ref.frame,
          scope: name,
        })),
        expensive: expensive ?? false,
        ...(hint !== undefined && { presentationHint: hint }),
      })),
    },
  };
}

/** A frame without variables gets a scope that says so: an empty panel would look like a function without any. */
export function isBare(frame: Frame | undefined): boolean {
  return frame?.scopes === undefined;
}

function has(hit: Hit, at: number, kind: string): boolean {
  const frame = hit.frames[at];
  if (kind === 'hit') return true;
  if (kind === 'nothing') return isBare(frame);
  if (kind === 'watch') return at === 0 && hit.watches.length > 0;
  return (frame?.scopes ?? []).some((scope) => scope.kind === kind);
}
