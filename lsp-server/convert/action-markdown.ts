/** An action in a hover: how it is doing, what it measured, what it was told to leave out, and why it has what it has. */
import { figureNames, figuresOf, formatCount, formatFigure } from '@stillframe/core/metric/format-summary';
import { unitOf } from '@stillframe/core/metric/unit-of';
import { type ActionInfo, MetricRead } from '@stillframe/protocol/messages/ide-connection';
import type { AgentExplanation } from '@stillframe/protocol/status';
import { figuresText, liveText } from '../state/live-text.ts';
import type { Session } from '../state/session.ts';
import { cell, code, link, plain } from './markdown.ts';

const AGENTS_SHOWN = 3;
const GROUPS_SHOWN = 8;
const MARKS = { ok: '✓', warning: '⚠', pending: '…', broken: '✗' } as const;

export async function actionMarkdown(
  session: Session,
  info: ActionInfo,
  now: number,
  driftText: string | undefined,
): Promise<string> {
  const lines = [`**${plain(liveText(info, now))}**`, '', plain(info.summary)];
  if (driftText !== undefined) lines.push('', `⚠ ${plain(driftText)}; the line is that of the deployed text`);
  if (info.condition !== undefined) lines.push('', `when ${code(info.condition.text)}`);
  lines.push(...figureLines(info), ...(await groupLines(session, info)), ...wishLines(info));
  for (const agent of info.agents.slice(0, AGENTS_SHOWN)) lines.push(...agentLines(agent));
  if (info.agents.length > AGENTS_SHOWN) lines.push('', `and ${info.agents.length - AGENTS_SHOWN} more agents`);
  if (session.settings.links) lines.push('', linksOf(session, info).join(' · '));
  return lines.join('\n');
}

function figureLines(info: ActionInfo): string[] {
  const { metric, kind } = info;
  if (metric === undefined || metric.count === 0) return [];
  const unit = unitOf(kind);
  const names = figureNames(unit);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = ['', row(names), row(names.map(() => '---:')), row(figuresOf(metric, unit).map(plain))];
  if (!metric.estimated) return lines;
  return [...lines, '', '\\~ estimated: some executions were passed over to spare the service'];
}

/** The largest groups of a counter; the server has them, and is asked by whoever looks. */
async function groupLines(session: Session, info: ActionInfo): Promise<string[]> {
  if (info.kind !== 'counter' || info.expression === undefined || figuresText(info) === undefined) return [];
  const groups = await session.link.request(MetricRead, { actionId: info.id }).then(
    (result) => result.groups,
    // It may have been removed, or the server gone, while the person points at it.
    () => [],
  );
  if (groups.length === 0) return [];
  const rows = groups.slice(0, GROUPS_SHOWN);
  const more = groups.length > rows.length ? ['', `and ${groups.length - rows.length} more values`] : [];
  return [
    '',
    `| ${cell(info.expression.text)} | count |`,
    '| --- | ---: |',
    ...rows.map(({ group, summary }) => `| ${cell(group)} | ${plain(formatCount(summary))} |`),
    ...more,
  ];
}

/** Sampling, canary, deep capture: what a person has to know to read the rest. */
function wishLines({ sampling, canaryState, capture }: ActionInfo): string[] {
  const lines: string[] = [];
  if (sampling?.by === 'interval') lines.push(`one in ${formatFigure(sampling.everyMs, 'ms')} at most, on each agent`);
  if (sampling?.by === 'distinct') lines.push(`one for each value of ${code(sampling.expression.text)}, on each agent`);
  if (sampling?.by === 'slowest') {
    const bound = sampling.aboveMs === undefined ? 'every earlier one' : formatFigure(sampling.aboveMs, 'ms');
    lines.push(`captures calls slower than ${bound}`);
  }
  if (capture.framesWithLocals > 1) lines.push(`with the variables of ${capture.framesWithLocals} frames`);
  if (canaryState !== undefined) lines.push(`one instance first: ${plain(canaryState.reason)}`);
  return lines.flatMap((line) => ['', line]);
}

function agentLines({ agent, links, lastError, lastValues = [] }: AgentExplanation): string[] {
  const lines = ['', plain(agent), ''];
  for (const { link: name, state, reason } of links) {
    lines.push(`- ${MARKS[state]} ${name}${reason === undefined ? '' : `: ${plain(reason)}`}`);
  }
  if (lastError !== undefined) lines.push(`- ✗ last error: ${plain(lastError)}`);
  for (const { text, value } of lastValues) lines.push(`- when last false: ${code(text)} was ${code(value)}`);
  return lines;
}

function linksOf(session: Session, info: ActionInfo): string[] {
  const id = { id: info.id };
  const own = session.settings.commands.has('stillframe.ui.showMetric');
  const show = link('Show figures', own ? 'stillframe.ui.showMetric' : 'stillframe.metric.show', id);
  return [...(figuresText(info) === undefined ? [] : [show]), link('Remove', 'stillframe.action.remove', id)];
}
