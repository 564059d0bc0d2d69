import type { Frame, Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { z } from 'zod';
import { clientColumn, clientLine, sourceOf } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import { type Answer, Count } from './request.ts';
import { WAITING_THREAD } from './threads.ts';

export const StackTraceShape = z.object({ threadId: z.int(), startFrame: Count.optional(), levels: Count.optional() });

export async function stackTrace(
  session: AdapterSession,
  { threadId, startFrame = 0, levels = 0 }: z.infer<typeof StackTraceShape>,
): Promise<Answer> {
  if (threadId === WAITING_THREAD) return { body: { stackFrames: [], totalFrames: 0 } };
  const hit = await session.hitOf(session.threadFor(threadId));
  const end = levels === 0 ? hit.frames.length : startFrame + levels;
  const frames = hit.frames.slice(startFrame, end);
  const stackFrames = await Promise.all(frames.map((frame, at) => stackFrame(session, hit, frame, startFrame + at)));
  return { body: { stackFrames, totalFrames: hit.frames.length } };
}

async function stackFrame(
  session: AdapterSession,
  hit: Hit,
  frame: Frame,
  at: number,
): Promise<DebugProtocol.StackFrame> {
  // Before anything is waited for, so that numbers follow the order of the stack.
  const id = session.frames.idOf(`${hit.id} ${at}`, () => ({ hitId: hit.id, actionId: hit.actionId, frame: at }));
  const source = await sourceOf(session, frame);
  const isOwn = frame.origin === undefined || frame.origin === 'application';
  return {
    id,
    name: `${frame.asyncCaller ? 'async ' : ''}${frame.function}`,
    line: clientLine(session, frame.line),
    column: clientColumn(session, frame.column),
    ...(source !== undefined && { source }),
    ...(!isOwn && { presentationHint: 'subtle' as const }),
    canRestart: false,
  };
}
