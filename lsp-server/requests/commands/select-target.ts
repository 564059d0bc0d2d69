/** `stillframe.target.select`: where new actions go from now on, and which agents that means. */
import { matchesTarget } from '@stillframe/core/action/matches-target';
import { formatTarget, parseTarget } from '@stillframe/core/action/target-text';
import type { Target } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import { z } from 'zod';
import type { Session } from '../../state/session.ts';

export const SelectTargetShape = z.object({ selector: z.string().max(1000).optional() });

export interface SelectedTarget {
  selector: string;
  /** Names of the connected agents it means now. */
  agents: string[];
  /** Saved sources as selectors, for whoever offers a choice, with the connected agents of each. */
  sources: { selector: string; agents: string[] }[];
}

export async function selectTarget(
  session: Session,
  { selector }: z.infer<typeof SelectTargetShape>,
): Promise<SelectedTarget> {
  const text = selector ?? (await session.defaultTarget()).text;
  const { target, problem } = parseTarget(text);
  if (target === undefined) throw requestError('invalidParams', problem ?? `"${text}" is no target`);
  if (selector !== undefined) session.chooseTarget(formatTarget(target));
  const sources = [...session.link.view.sources.keys()].sort().map((source): Target => ({ by: 'source', source }));
  return {
    selector: formatTarget(target),
    agents: agentsOf(session, target),
    sources: sources.map((each) => ({ selector: formatTarget(each), agents: agentsOf(session, each) })),
  };
}

function agentsOf(session: Session, target: Target): string[] {
  const { agents, sources } = session.link.view;
  const meant = [...agents.values()].filter((info) => info.connected && matchesTarget(target, info, sources));
  return meant.map(({ name }) => name);
}
