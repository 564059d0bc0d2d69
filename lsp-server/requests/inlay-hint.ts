/** `textDocument/inlayHint`: at the end of an action's line, what it is and the last values of the names on that line. */
import { formatValue } from '@stillframe/core/values/format-value';
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { Hit } from '@stillframe/protocol/hit';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { InlayHint, InlayHintLabelPart, Range } from 'vscode-languageserver';
import { figuresText, markOf } from '../state/live-text.ts';
import { namesIn, type OpenDocument } from '../state/open-document.ts';
import type { Session } from '../state/session.ts';

const MAX_VALUE = 60;
const MAX_NAMES = 4;

export async function inlayHints(session: Session, document: OpenDocument, range: Range): Promise<InlayHint[]> {
  if (session.link.state !== 'connected') return [];
  const placed = await session.actionsIn(document);
  const visible = placed.filter(({ line }) => line >= range.start.line && line <= range.end.line);
  const hints = await Promise.all(visible.map(({ info, line }) => hintOf(session, document, info, line)));
  return hints;
}

/** The same as one line of text, for where there are no lenses. */
export async function hintText(
  session: Session,
  document: OpenDocument,
  info: ActionInfo,
  line: number,
): Promise<string> {
  const values = await lastValues(session, document, info, line);
  return values === '' ? actionText(info) : `${actionText(info)}  ${values}`;
}

async function hintOf(session: Session, document: OpenDocument, info: ActionInfo, line: number): Promise<InlayHint> {
  const { driftText } = await session.deployedFor(document);
  const drift = driftText === undefined ? '' : ' · ⚠ text differs';
  const tooltip = driftText === undefined ? info.summary : `${info.summary}. ${driftText}`;
  const parts: InlayHintLabelPart[] = [{ value: `${actionText(info)}${drift}`, tooltip }];
  const values = await lastValues(session, document, info, line);
  if (values !== '') {
    const own = session.settings.commands.has('stillframe.ui.openHit');
    const command = own ? 'stillframe.ui.openHit' : 'stillframe.hit.open';
    const open = { title: 'Open the last hit', command, arguments: [{ actionId: info.id }] };
    parts.push({ value: `  ${values}`, tooltip: 'Values of the last hit', command: open });
  }
  return { position: { line, character: document.line(line).length }, label: parts, paddingLeft: true };
}

function actionText(info: ActionInfo): string {
  const guard = info.condition === undefined ? '' : ` if ${cut(info.condition.text, 40)}`;
  const text = info.template === undefined ? '' : ` "${cut(info.template.text, 40)}"`;
  const what =
    info.expression === undefined ? '' : ` ${info.kind === 'counter' ? 'by ' : ''}${cut(info.expression.text, 40)}`;
  const end = info.endLocation === undefined ? '' : ` to line ${info.endLocation.line}`;
  return `${markOf(info)} ${info.kind}${end}${text}${what}${guard} · ${yieldOf(info)}`;
}

function yieldOf(info: ActionInfo): string {
  const hits = info.hits === 1 ? '1 hit' : `${info.hits} hits`;
  if (!METRIC_KINDS.has(info.kind)) return hits;
  return figuresText(info) ?? 'nothing measured yet';
}

/** A log shows its last line; a snapshot the values of the names on the line. */
async function lastValues(session: Session, document: OpenDocument, info: ActionInfo, line: number): Promise<string> {
  if (info.hits === 0) return '';
  const [head] = await session.lastHits(info).catch(() => []);
  if (head === undefined) return '';
  const text = document.line(line);
  const key = `${head.id} ${text}`;
  const known = session.renderedHits.get(info.id);
  if (known?.key === key) return known.text;
  const hit = await session.link.hit(head.id).catch(() => undefined);
  if (hit === undefined) return '';
  const rendered = renderValues(hit, text);
  session.renderedHits.set(info.id, { key, text: rendered });
  return rendered;
}

function renderValues(hit: Hit, text: string): string {
  if (hit.message !== undefined) return cut(hit.message, MAX_VALUE * 2);
  const variables = (hit.frames[0]?.scopes ?? []).flatMap((scope) => scope.variables);
  const shown = namesIn(text).flatMap((name) => {
    const variable = variables.find((each) => each.name === name);
    return variable === undefined
      ? []
      : [`${name} = ${formatValue(hit.values, variable.value, { maxLength: MAX_VALUE })}`];
  });
  const watches = hit.watches.flatMap(({ text, value }) =>
    value === undefined ? [] : [`${text} = ${formatValue(hit.values, value, { maxLength: MAX_VALUE })}`],
  );
  return [...watches, ...shown].slice(0, MAX_NAMES).join('  ');
}

function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ');
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
