import { childrenOf } from '@stillframe/core/values/children-of';
import type { Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { evaluated } from '../state/value-table.ts';
import { WORDS } from './console.ts';
import { frameFor } from './evaluate.ts';
import { type Answer, Count, Text } from './request.ts';

export const CompletionsShape = z.object({ text: Text, column: Count, frameId: z.int().optional() });

const MOST = 200;

/** Words of the console, the variables of the frame, and behind a dot what the value before it has. */
export async function completions(
  session: AdapterSession,
  { text, column, frameId }: z.infer<typeof CompletionsShape>,
): Promise<Answer> {
  const typed = text.slice(0, column - (session.client.columnsStartAt1 ? 1 : 0));
  const start = typed.search(/[\p{ID_Continue}$#]*$/u);
  const prefix = typed.slice(start);
  const object = /(?<path>[\p{ID_Continue}$#.[\]'"]+)\??\.$/u.exec(typed.slice(0, start))?.groups?.path;
  const found = await namesAt(session, frameId, object);
  const words = typed.trimStart() === prefix ? WORDS.map(([label, detail]) => word(label, detail)) : [];
  const targets = [...found, ...words].filter(({ label }) => label.startsWith(prefix)).slice(0, MOST);
  return { body: { targets } };
}

async function namesAt(
  session: AdapterSession,
  frameId: number | undefined,
  object: string | undefined,
): Promise<DebugProtocol.CompletionItem[]> {
  try {
    const { hitId, frame } = await frameFor(session, frameId);
    const hit = await session.link.hit(hitId);
    return object === undefined ? variablesOf(hit, frame) : membersOf(hit, frame, object);
  } catch (error) {
    // Nothing captured, or not this value: there is nothing to offer, which is no mistake.
    if (error instanceof Problem) return [];
    throw error;
  }
}

function variablesOf(hit: Hit, frame: number): DebugProtocol.CompletionItem[] {
  const names = (hit.frames[frame]?.scopes ?? []).flatMap((scope) => scope.variables).map(({ name }) => name);
  return [...new Set(names)].map((label) => ({ label, type: 'variable' }));
}

function membersOf(hit: Hit, frame: number, object: string): DebugProtocol.CompletionItem[] {
  const { table, value } = evaluated(hit, frame, object);
  return childrenOf(table.values, value)
    .filter(({ access }) => access?.startsWith('.'))
    .map(({ name }) => ({ label: name, type: 'property' }));
}

function word(label: string, detail: string): DebugProtocol.CompletionItem {
  return { label, detail, type: 'keyword' };
}
