/** `stillframe.target.select`: where new actions go from now on, and which agents that means. */
import { matchesTarget } from '@stillframe/core/action/matches-target';
import { formatTarget, parseTarget } from '@stillframe/core/action/target-text';
import { requestError } from '@stillframe/protocol/errors';
import { z } from 'zod';
import type { Session } from '../../state/session.ts';

export const SelectTargetShape = z.object({ selector: z.string().max(1000).optional() });

export async function selectTarget(
  session: Session,
  { selector }: z.infer<typeof SelectTargetShape>,
): Promise<{ selector: string; agents: string[] }> {
  const text = selector ?? (await session.defaultTarget()).text;
  const { target, problem } = parseTarget(text);
  if (target === undefined) throw requestError('invalidParams', problem ?? `"${text}" is no target`);
  if (selector !== undefined) session.chooseTarget(formatTarget(target));
  const agents = [...session.link.view.agents.values()].filter(
    (info) => info.connected && matchesTarget(target, info, session.link.view.sources),
  );
  return { selector: formatTarget(target), agents: agents.map(({ name }) => name) };
}
