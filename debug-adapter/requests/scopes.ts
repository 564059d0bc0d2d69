import type { Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';

/** Scopes of the captured frame under the names people know; `this` stands with the locals. */
export const SCOPES: readonly {
  name: string;
  kinds: readonly string[];
  hint?: 'arguments' | 'locals' | 'returnValue';
  expensive?: true;
}[] = [
  { name: 'Watch', kinds: ['watch'] },
  { name: 'Arguments', kinds: ['arguments'], hint: 'arguments' },
  { name: 'Locals', kinds: ['locals', 'this'], hint: 'locals' },
  { name: 'Closure', kinds: ['closure'] },
  { name: 'Module', kinds: ['module'], expensive: true },
  { name: 'Return value', kinds: ['return'], hint: 'returnValue' },
  { name: 'Hit', kinds: ['hit'] },
];

export async function scopes(
  session: AdapterSession,
  { frameId }: DebugProtocol.ScopesArguments,
): Promise<{ scopes: DebugProtocol.Scope[] }> {
  const ref = session.frames.get(frameId);
  if (ref === undefined) throw new Problem('This frame is of another session; select it again');
  const hit = await session.link.hit(ref.hitId);
  const present = SCOPES.filter(({ kinds }) => kinds.some((kind) => has(hit, ref.frame, kind)));
  return {
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
  };
}

function has(hit: Hit, frame: number, kind: string): boolean {
  if (kind === 'hit') return true;
  if (kind === 'watch') return frame === 0 && hit.watches.length > 0;
  return (hit.frames[frame]?.scopes ?? []).some((scope) => scope.kind === kind);
}
