import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';
import { WORDS } from './repl.ts';

/** Words of the console, and the variables of the frame. */
export async function completions(
  session: AdapterSession,
  { text, column, frameId }: DebugProtocol.CompletionsArguments,
): Promise<{ targets: DebugProtocol.CompletionItem[] }> {
  const typed = text.slice(0, column - (session.client.columnsStartAt1 ? 1 : 0));
  const start = typed.search(/[\p{ID_Continue}$]*$/u);
  const prefix = typed.slice(start);
  const words = start === 0 ? WORDS.map(([label, detail]) => ({ label, detail, type: 'keyword' as const })) : [];
  const ref = frameId === undefined ? undefined : session.frames.get(frameId);
  const frame = ref === undefined ? undefined : (await session.link.hit(ref.hitId)).frames[ref.frame];
  const isMember = typed[start - 1] === '.';
  const variables = isMember ? [] : (frame?.scopes ?? []).flatMap((scope) => scope.variables);
  const names = variables.map(({ name }) => ({ label: name, type: 'variable' as const }));
  return { targets: [...names, ...words].filter(({ label }) => label.startsWith(prefix)) };
}
