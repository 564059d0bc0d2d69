/** What a launch configuration may say. Wrong parts are an error that names them: a typo must not place anything. */
import { z } from 'zod';
import { Problem } from './problem.ts';

const Shape = z.object({
  server: z.string().max(2000).optional(),
  /** Where actions of breakpoints go: `tag:production`, `agent:orders-1`, `all`. */
  target: z.string().max(1000).optional(),
  /** Show this action first, and this hit of it. */
  action: z.string().max(64).optional(),
  hit: z.int().min(1).optional(),
  workspaceFolders: z.array(z.string().max(4096)).max(50).optional(),
  cwd: z.string().max(4096).optional(),
  pathMappings: z
    .array(z.object({ localRoot: z.string().min(1).max(4096), remoteRoot: z.string().min(1).max(4096) }))
    .max(100)
    .optional(),
  /** What to do with breakpoints that were there before the session. */
  breakpoints: z.enum(['ask', 'place', 'ignore']).optional(),
  /** Leave actions of this session in place at the end. */
  keepActions: z.boolean().optional(),
  /** `atLatest`: jump to a new hit while the newest is shown. `onContinue`, the default: when the person goes on. */
  follow: z.enum(['atLatest', 'onContinue']).optional(),
});

export type AttachOptions = z.infer<typeof Shape>;

export function attachOptions(raw: unknown): AttachOptions {
  const parsed = Shape.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(`Correct "${issue?.path.join('.')}" in the launch configuration: ${issue?.message}`);
}
