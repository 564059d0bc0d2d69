/** The shape of captured values and their limits, from a live value to what is sent: the shared table. */
import { readFileSync } from 'node:fs';
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import type { ValueRule } from '@stillframe/protocol/policy';
import { CapturedValue, type Missing } from '@stillframe/protocol/values';
import { makeValue } from '@stillframe/test-kit/written-values';
import { afterEach, describe, expect, test } from 'vitest';
import { addValue, finishCapture, startCapture } from './host/capture.ts';
import { setRedaction } from './host/redaction.ts';
import type { RawHit } from './shared/probe-messages.ts';
import { redactHit, setValueRules } from './worker/redact-values.ts';

interface Row {
  note: string;
  value: unknown;
  limits?: Partial<CaptureLimits>;
  policy?: { names?: string[]; valuesOff?: ValueRule[] };
  values?: ExpectedValue[];
  missing?: RawHit['missing'];
  within?: { nodes?: number; bytes?: number; missing: keyof RawHit['missing'] };
}

/** What all languages have in common of a captured value. */
interface ExpectedValue {
  kind: CapturedValue['kind'];
  literal?: CapturedValue['literal'];
  /** Only where there is no literal and nothing but it can tell the value. */
  preview?: string;
  size?: number;
  /** Name, index of the value, role. */
  children?: [string, number, string?][];
  missing?: Missing;
}

const GENEROUS_MS = 10_000;
const url = new URL('../../test-fixtures/conformance/capture.json', import.meta.url);
const rows = JSON.parse(readFileSync(url, 'utf8')) as Row[];

let accessorsRun = 0;
afterEach(() => {
  setRedaction([], []);
  setValueRules([]);
  expect(accessorsRun).toBe(0);
});

describe('the table', () => {
  test.each(rows.map((row) => [row.note, row] as const))('%s', (_, row) => check(row));
});

function check({ value, limits, policy, values, missing, within }: Row): void {
  setRedaction(policy?.names ?? [], []);
  setValueRules(policy?.valuesOff ?? []);
  const hit = capture(value, { ...DEFAULT_CAPTURE_LIMITS, ...limits });
  for (const each of hit.values) CapturedValue.parse(each);
  if (values !== undefined) expect(hit.values.map(common)).toEqual(values);
  if (values !== undefined) expect(hit.missing).toEqual(missing ?? {});
  if (within === undefined) return;
  expect(hit.missing[within.missing]).toBeGreaterThan(0);
  expect(hit.values.length).toBeLessThanOrEqual(within.nodes ?? Number.POSITIVE_INFINITY);
  // One value may begin within the budget and end beyond it.
  const largest = (limits?.string ?? DEFAULT_CAPTURE_LIMITS.string) + 500;
  if (within.bytes !== undefined) expect(JSON.stringify(hit.values).length).toBeLessThan(within.bytes + largest);
}

function capture(written: unknown, limits: CaptureLimits): RawHit {
  const onAccessor = () => {
    accessorsRun += 1;
  };
  const table = startCapture(limits, performance.timeOrigin + performance.now() + GENEROUS_MS);
  addValue(table, makeValue(written, { onAccessor }), 0);
  finishCapture(table);
  const hit: RawHit = {
    type: 'hit',
    probeId: 1,
    actionId: 'a',
    revision: 1,
    at: 0,
    frames: [],
    scopes: [],
    watches: [],
    values: table.values,
    missing: table.missing,
    heldUpMicros: 0,
  };
  redactHit(hit);
  return hit;
}

function common({ kind, literal, preview, size, children, missing }: CapturedValue): ExpectedValue {
  const told =
    kind === 'bigint' || missing?.detail?.startsWith('value rule') || (kind === 'number' && literal === undefined);
  return {
    kind,
    ...(literal !== undefined && { literal }),
    ...(told && { preview: preview.replace(/(\d)n$/, '$1') }),
    ...(size !== undefined && { size }),
    ...(children && {
      children: children.map(({ name, value, role }) => (role === undefined ? [name, value] : [name, value, role])),
    }),
    ...(missing && { missing: withoutWords(missing) }),
  };
}

/** How a runtime says why is its own, but for the rule of a redaction. */
function withoutWords({ reason, count, detail }: Missing): Missing {
  return { reason, ...(count !== undefined && { count }), ...(reason === 'redacted' && { detail }) };
}
