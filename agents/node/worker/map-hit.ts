/** What the host captured, made ready for the wire: frames back to the author's sources, log text, sizes within bounds. */
import { isBuiltin } from 'node:module';
import type { Action } from '@stillframe/protocol/action';
import type { AgentHit, Frame } from '@stillframe/protocol/hit';
import type { ResolvedLocation } from '@stillframe/protocol/status';
import type { CapturedValue } from '@stillframe/protocol/values';
import type { MessagePart, RawFrame, RawHit } from '../shared/probe-messages.ts';
import { isRedacted, redactHit, redactText } from './redact-values.ts';
import { isLibrary, pathOf, type SourceFiles } from './source-files.ts';

export async function mapHit(
  raw: RawHit,
  sequence: number,
  action: Action,
  resolved: ResolvedLocation | undefined,
  files: SourceFiles,
): Promise<AgentHit> {
  redactHit(raw);
  const frames: Frame[] = [];
  for (const frame of raw.frames) frames.push(await mapFrame(frame, files));
  const top = frames[0] ?? { function: '(stack not available)' };
  if (frames.length === 0) frames.push(top);
  // The action's own place: a minifier may have folded several lines into the statement V8 names.
  if (resolved !== undefined)
    Object.assign(top, { path: resolved.path, line: resolved.line, column: resolved.column ?? 1 });
  if (raw.scopes.length > 0) top.scopes = raw.scopes;
  return {
    sequence,
    actionId: raw.actionId,
    revision: raw.revision,
    at: raw.at,
    frames,
    watches: raw.watches,
    values: raw.values,
    capture: {
      heldUpMicros: Math.round(raw.heldUpMicros),
      nodes: raw.values.length,
      ...(Object.keys(raw.missing).length > 0 && { missing: raw.missing }),
    },
    ...(raw.traceparent !== undefined && { traceparent: raw.traceparent.slice(0, 100) }),
    ...(raw.message !== undefined && { message: messageText(raw.message, raw.values), level: action.level ?? 'info' }),
  };
}

async function mapFrame(raw: RawFrame, files: SourceFiles): Promise<Frame> {
  const base: Frame = { function: raw.function.slice(0, 500) };
  if (raw.async) base.asyncCaller = true;
  if (raw.script === '') return base;
  const path = pathOf(raw.script);
  if (path === undefined) {
    const runtime = raw.script.startsWith('node:') || isBuiltin(raw.script);
    return { ...base, path: raw.script, ...position(raw.line, raw.column), ...(runtime && { origin: 'runtime' }) };
  }
  const executed = files.executed(path);
  const map = executed === undefined ? undefined : await files.mapOf(executed);
  const original = map?.originalOf({ line: raw.line, column: Math.max(raw.column - 1, 0) });
  if (original === undefined) {
    const origin = isLibrary(path) ? 'library' : 'application';
    return { ...base, path, ...position(raw.line, raw.column), origin, ...hashOf(path, files) };
  }
  return {
    ...base,
    path: original.path,
    ...position(original.line, original.column + 1),
    origin: isLibrary(original.path) ? 'library' : 'application',
    generated: { path, ...position(raw.line, raw.column) } as NonNullable<Frame['generated']>,
    ...hashOf(original.path, files),
  };
}

function position(line: number, column: number): { line?: number; column?: number } {
  return { ...(line > 0 && { line }), ...(column > 0 && { column }) };
}

function hashOf(path: string, files: SourceFiles): { sha256?: string } {
  const sha256 = files.get(path)?.sha256;
  return sha256 === undefined ? {} : { sha256 };
}

const MAX_MESSAGE_LENGTH = 65_536;
const MAX_NESTING = 3;

/** The text of a log: scalars were written by the host, objects are written here from what was captured. */
export function messageText(parts: readonly MessagePart[], values: readonly CapturedValue[]): string {
  const text = parts.map((part) => (typeof part === 'string' ? part : valueText(values, part.value, 0))).join('');
  // Together they may say what no part says alone.
  return redactText(text.slice(0, MAX_MESSAGE_LENGTH), text.length > MAX_MESSAGE_LENGTH).slice(0, MAX_MESSAGE_LENGTH);
}

function valueText(values: readonly CapturedValue[], index: number, nesting: number): string {
  const value = values[index];
  if (value === undefined) return '<not captured>';
  if (value.missing?.reason === 'redacted') return isRedacted(value.preview) ? value.preview : '<redacted>';
  if (value.missing !== undefined && value.kind === 'missing') return `<not captured: ${value.missing.reason}>`;
  if (value.kind === 'string') {
    const more = value.missing?.count === undefined ? '' : '…';
    return nesting === 0
      ? `${value.literal ?? value.preview}${more}`
      : JSON.stringify(`${value.literal ?? value.preview}${more}`);
  }
  const children = value.children ?? [];
  if (children.length === 0 || nesting >= MAX_NESTING) return value.preview;
  if (value.kind === 'map') return `Map {${mapEntries(values, children, nesting)}${value.missing ? ', …' : ''}}`;
  const items = children.map(({ name, value: child, role }) => {
    const text = valueText(values, child, nesting + 1);
    return role === 'index' ? text : `${name}: ${text}`;
  });
  if (value.missing !== undefined) items.push('…');
  const name = value.type === 'Object' || value.kind === 'array' ? '' : `${value.type} `;
  return value.kind === 'array' ? `[${items.join(', ')}]` : `${name}{${items.join(', ')}}`;
}

function mapEntries(
  values: readonly CapturedValue[],
  children: NonNullable<CapturedValue['children']>,
  nesting: number,
): string {
  const entries: string[] = [];
  for (const [at, { role, value }] of children.entries()) {
    if (role !== 'entryKey') continue;
    const entryValue = children[at + 1];
    const text = entryValue === undefined ? '' : valueText(values, entryValue.value, nesting + 1);
    entries.push(`${valueText(values, value, nesting + 1)} => ${text}`);
  }
  return entries.join(', ');
}
