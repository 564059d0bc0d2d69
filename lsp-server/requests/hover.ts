/** `textDocument/hover`: what a variable was in the last hits, and on an action's line why it has hits or has none. */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { evaluateOnHit } from '@stillframe/core/expression/evaluate-on-hit';
import { childrenOf } from '@stillframe/core/values/children-of';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Hit } from '@stillframe/protocol/hit';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { Hover, Position } from 'vscode-languageserver';
import { actionMarkdown } from '../convert/action-markdown.ts';
import { cell, link, plain } from '../convert/markdown.ts';
import { ago } from '../state/live-text.ts';
import { functionAt, functionsOf, nameAt, type OpenDocument } from '../state/open-document.ts';
import type { PlacedAction, Session } from '../state/session.ts';

const HITS_SHOWN = 5;
/** Snapshots of the function that know the variable, and those that are asked for it, the last that fired first. */
const ACTIONS_SHOWN = 3;
const ACTIONS_TRIED = 10;
const FIELDS_SHOWN = 12;

export async function hover(
  session: Session,
  document: OpenDocument,
  position: Position,
  now: number,
): Promise<Hover | null> {
  if (session.link.state !== 'connected') return null;
  const placed = await session.actionsIn(document);
  if (placed.length === 0) return null;
  const { driftText } = await session.deployedFor(document);
  const name = nameAt(document.line(position.line), position.character);
  const sections: string[] = [];
  if (name !== undefined) {
    for (const { info } of (await inSameFunction(document, placed, position.line)).slice(0, ACTIONS_TRIED)) {
      const section = await valueSection(session, document, info, name.name, now);
      if (section !== undefined) sections.push(section);
      if (sections.length === ACTIONS_SHOWN) break;
    }
  }
  for (const { info, line } of placed) {
    if (line === position.line) sections.push(await actionMarkdown(session, info, now, driftText));
  }
  if (sections.length === 0) return null;
  const range = name && {
    start: { line: position.line, character: name.start },
    end: { line: position.line, character: name.end },
  };
  return { contents: { kind: 'markdown', value: sections.join('\n\n---\n\n') }, ...(range && { range }) };
}

/** A name means the same only inside the function whose variables were captured. */
async function inSameFunction(
  document: OpenDocument,
  placed: readonly PlacedAction[],
  line: number,
): Promise<PlacedAction[]> {
  const functions = await functionsOf(document);
  const here = functionAt(functions, line);
  const inside = placed.filter(({ info, line: at }) => {
    if (info.kind !== 'snapshot' || info.hits === 0) return false;
    const there = functionAt(functions, at);
    // A closure sees the variables round it, so an action inside this function has them too.
    return there === here || (here !== undefined && at >= here.line && at <= here.endLine);
  });
  return inside.sort((a, b) => (b.info.lastHitAt ?? 0) - (a.info.lastHitAt ?? 0));
}

async function valueSection(
  session: Session,
  document: OpenDocument,
  info: ActionInfo,
  name: string,
  now: number,
): Promise<string | undefined> {
  const heads = await session.lastHits(info);
  const hits = await Promise.all(heads.slice(0, HITS_SHOWN).map((head) => session.link.hit(head.id)));
  const dialect = dialectOf(document.path) ?? 'javascript';
  const rows: string[] = [];
  let details: string[] = [];
  for (const [at, hit] of hits.entries()) {
    const result = evaluateOnHit(name, hit, 0, dialect);
    if ('problem' in result) continue;
    const value = formatValue(result.values, result.value, { maxLength: 120 });
    rows.push(`| ${hit.ordinal} | ${cell(value)} | ${plain(hit.agentName)} | ${ago(now - hit.at)} |`);
    if (at === 0) details = fieldsOf(result.values, result.value);
  }
  if (rows.length === 0) return undefined;
  const table = ['| hit | value | agent | |', '| ---: | --- | --- | --- |', ...rows];
  const open = session.settings.links
    ? `\n\n${link('Open in the debug panel', 'stillframe.ui.openHit', { actionId: info.id })}`
    : '';
  return (
    [
      `**${plain(name)}** in the last ${rows.length === 1 ? 'hit' : `${rows.length} hits`}`,
      '',
      ...table,
      ...details,
    ].join('\n') + open
  );
}

/** The fields of the newest value, one line each. */
function fieldsOf(values: Hit['values'], index: number): string[] {
  const children = childrenOf(values, index);
  if (children.length === 0) return [];
  const lines = children.slice(0, FIELDS_SHOWN).map(({ name, value, text }) => {
    return `${name}: ${value === undefined ? (text ?? '') : formatValue(values, value, { maxLength: 100 })}`;
  });
  const more = children.length > FIELDS_SHOWN ? [`… ${children.length - FIELDS_SHOWN} more`] : [];
  // Backticks in captured text could end the block.
  return ['', '```', ...[...lines, ...more].map((line) => line.replaceAll('`', "'").replaceAll(/\s+/g, ' ')), '```'];
}
