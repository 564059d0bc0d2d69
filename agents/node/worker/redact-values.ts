/**
 * Redaction by look: every text that was captured passes here before it leaves the process. What a rule of
 * `value-rules.ts` finds is replaced by `<redacted (card)>`; a value of which nothing else is left says so.
 */
import type { ValueRule } from '@stillframe/protocol/policy';
import type { CapturedValue } from '@stillframe/protocol/values';
import type { RawHit } from '../shared/probe-messages.ts';
import { type Find, findCard, VALUE_RULES } from './value-rules.ts';

const off = new Set<ValueRule>();

/** The policy's `valuesOff`; all rules are on until it arrives. */
export function setValueRules(valuesOff: readonly ValueRule[]): void {
  off.clear();
  for (const rule of valuesOff) off.add(rule);
}

/** `cut`: the text was longer, and its end is not here. */
export function redactText(text: string, cut = false): string {
  if (text.length < SHORTEST) return text;
  let redacted = text;
  for (const [rule, find] of VALUE_RULES) {
    if (!off.has(rule)) redacted = replaceAll(redacted, find, `<redacted (${rule})>`, cut);
  }
  return redacted;
}

/** Nothing but what a rule left. */
export function isRedacted(text: string): boolean {
  return WHOLE.test(text);
}

/** Everything the service's thread captured for one hit, in place. The text of a log is put together later. */
export function redactHit(hit: RawHit): void {
  let gone = 0;
  for (const value of hit.values) {
    if (redactValue(value)) gone += 1;
    for (const child of value.children ?? []) child.name = redactShortened(child.name);
  }
  for (const watch of hit.watches) if (watch.error !== undefined) watch.error = redactText(watch.error);
  // A function can be named after data: `handlers[email] = () => …`.
  for (const frame of hit.frames) frame.function = redactShortened(frame.function);
  if (gone > 0) hit.missing.redacted = (hit.missing.redacted ?? 0) + gone;
}

/** Whether nothing is left of it. */
function redactValue(value: CapturedValue): boolean {
  const rule = value.kind === 'number' || value.kind === 'bigint' ? redactNumber(value) : redactTexts(value);
  if (rule === undefined) return false;
  value.preview = `<redacted (${rule})>`;
  value.missing = { reason: 'redacted', detail: `value rule ${rule}` };
  delete value.literal;
  delete value.size;
  return true;
}

/** The rule by which the whole value is gone. */
function redactTexts(value: CapturedValue): string | undefined {
  value.type = redactShortened(value.type);
  if (value.missing?.detail !== undefined) value.missing.detail = redactShortened(value.missing.detail);
  if (typeof value.literal !== 'string') {
    value.preview = redactShortened(value.preview);
    return WHOLE.exec(value.preview)?.[1];
  }
  const literal = redactText(value.literal, value.missing?.reason === 'length');
  if (literal === value.literal) return undefined;
  value.literal = literal;
  return WHOLE.exec(literal)?.[1];
}

/** Only whole numbers, and only as cards: everything else that is written in digits means something else. */
function redactNumber({ preview }: CapturedValue): string | undefined {
  if (off.has('card')) return undefined;
  const digits = /^-?(\d+)n?$/.exec(preview)?.[1] ?? '';
  return findCard(digits, false)?.end === digits.length && digits !== '' ? 'card' : undefined;
}

const SHORTEST = 6;
const WHOLE = /^<redacted \((\w+)\)>$/;
/** From here on a `…` can stand for the rest of a text that the service's thread shortened. */
const SHORTENED_AT = 99;

/** A name, preview or short text: where it was shortened, its end may hold half a secret. */
export function redactShortened(text: string): string {
  const end = text.lastIndexOf('…');
  if (end < SHORTENED_AT) return redactText(text);
  return `${redactText(text.slice(0, end), true)}${redactText(text.slice(end))}`;
}

/** What follows a match is looked at as if the text began there. */
function replaceAll(text: string, find: Find, replacement: string, cut: boolean): string {
  let replaced = '';
  let rest = text;
  for (let match = find(rest, cut); match !== undefined; match = find(rest, cut)) {
    replaced += rest.slice(0, match.start) + replacement;
    rest = rest.slice(match.end);
  }
  return replaced + rest;
}
