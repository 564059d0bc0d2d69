import { FileRead } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import type { Answer } from './request.ts';

export const SourceShape = z.object({
  sourceReference: z.int().optional(),
  source: z.object({ sourceReference: z.int().optional() }).optional(),
});

/** The deployed text, from an agent that has it. */
export async function source(session: AdapterSession, args: z.infer<typeof SourceShape>): Promise<Answer> {
  const wanted = session.sources.get(args.source?.sourceReference ?? args.sourceReference ?? 0);
  if (wanted === undefined) throw new Problem('This source is of another session; select its frame again');
  const { path, sha256 } = wanted;
  const { text } = await session.link.request(FileRead, { path, ...(sha256 !== undefined && { sha256 }) });
  return { body: { content: text } };
}
