/** What a request is: the shape of its arguments, and what is done with them. */
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';

export interface Answer {
  body?: object;
  /** To be done once the response is on its way: clients expect events of a request behind its response. */
  after?: () => Promise<void>;
}

export interface RequestHandler {
  /** Requests that change something are worked off one after another. */
  inOrder: boolean;
  run(session: AdapterSession, args: unknown): Promise<Answer>;
}

type Run<S extends z.ZodType> = (session: AdapterSession, args: z.infer<S>) => Answer | Promise<Answer>;

export function reading<S extends z.ZodType>(shape: S, run: Run<S>): RequestHandler {
  return handler(shape, run, false);
}

export function changing<S extends z.ZodType>(shape: S, run: Run<S>): RequestHandler {
  return handler(shape, run, true);
}

function handler<S extends z.ZodType>(shape: S, run: Run<S>, inOrder: boolean): RequestHandler {
  return {
    inOrder,
    async run(session, args) {
      const parsed = shape.safeParse(withoutNulls(args));
      if (parsed.success) return run(session, parsed.data);
      const [issue] = parsed.error.issues;
      throw new Problem(`Change "${issue?.path.join('.') || 'arguments'}" of the request: ${issue?.message}`);
    },
  };
}

/** Some clients write `null` for what they leave out. */
function withoutNulls(args: unknown): unknown {
  return JSON.parse(JSON.stringify(args ?? {}, (_key, value) => value ?? undefined) ?? '{}');
}

export const Nothing = z.object({});
export const OfThread = z.object({ threadId: z.int() });
/** A number the client may choose freely within what this protocol can hold. */
export const Count = z.int().min(0).max(1_000_000);
export const Format = z.object({ hex: z.boolean().optional() }).optional();
export const Text = z.string().max(20_000);
