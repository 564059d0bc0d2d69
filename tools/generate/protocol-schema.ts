/**
 * The wire as JSON Schema, for the agents that are not written in TypeScript. Made from the zod definitions in
 * `protocol/`; `npm run schema` writes it and a test fails when the committed file is stale.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Action, CustomSource } from '@stillframe/protocol/action';
import { AgentDescription, LoadedFile } from '@stillframe/protocol/agent';
import { ERROR_CODES } from '@stillframe/protocol/errors';
import { Expression, ExpressionNode } from '@stillframe/protocol/expression';
import { AgentHit, Hit } from '@stillframe/protocol/hit';
import {
  DEFAULT_CAPTURE_LIMITS,
  DEFAULT_PROCESS_BUDGETS,
  MAX_MESSAGE_BYTES,
  MAXIMUM_CAPTURE_LIMITS,
} from '@stillframe/protocol/limits';
import * as agentMessages from '@stillframe/protocol/messages/agent-connection';
import * as ideMessages from '@stillframe/protocol/messages/ide-connection';
import {
  MAX_METRIC_GROUPS,
  MetricPoint,
  MORE_GROUPS,
  SKETCH_GAMMA,
  SKETCH_LARGEST,
  SKETCH_SMALLEST,
  Sketch,
} from '@stillframe/protocol/metric';
import { Policy } from '@stillframe/protocol/policy';
import { ActionStatus, Explanation } from '@stillframe/protocol/status';
import { CapturedValue } from '@stillframe/protocol/values';
import { PROTOCOL_RANGE } from '@stillframe/protocol/version';
import { z } from 'zod';

export const SCHEMA_FILE = fileURLToPath(new URL('../../protocol/schema/stillframe.schema.json', import.meta.url));

/** The nouns that messages share, under the names that `$ref`s use. */
const NOUNS = {
  Action,
  ActionStatus,
  AgentDescription,
  AgentHit,
  CapturedValue,
  CustomSource,
  Explanation,
  Expression,
  ExpressionNode,
  Hit,
  LoadedFile,
  MetricPoint,
  Policy,
  Sketch,
};

/** The text of the schema file: shared definitions, then every message with its direction, parameters and result. */
export function protocolSchema(): string {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(NOUNS)) registry.add(schema, { id: name });
  for (const [name, schema] of [...Object.entries(agentMessages), ...Object.entries(ideMessages)]) {
    if (schema instanceof z.ZodType && !registry.has(schema)) registry.add(schema, { id: name });
  }
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/definitions/${id}`, io: 'input' });
  const model = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Stillframe wire protocol',
    protocol: PROTOCOL_RANGE,
    errorCodes: ERROR_CODES,
    limits: {
      maxMessageBytes: MAX_MESSAGE_BYTES,
      capture: { default: DEFAULT_CAPTURE_LIMITS, maximum: MAXIMUM_CAPTURE_LIMITS },
      process: DEFAULT_PROCESS_BUDGETS,
      metricGroups: MAX_METRIC_GROUPS,
    },
    sketch: {
      gamma: SKETCH_GAMMA,
      smallest: SKETCH_SMALLEST,
      largest: SKETCH_LARGEST,
      moreGroups: MORE_GROUPS,
    },
    messages: { agent: messagesOf(agentMessages), ide: messagesOf(ideMessages) },
    definitions: Object.fromEntries(
      Object.entries(schemas)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, schema]) => [name, withoutIds(schema)]),
    ),
  };
  return `${JSON.stringify(model, null, 2)}\n`;
}

/** Definitions are found by their place in this one file, so none needs an `$id` or a `$schema` of its own. */
function withoutIds({ $id: _id, $schema: _schema, ...rest }: z.core.JSONSchema.BaseSchema): object {
  return rest;
}

/** Requests whose parameters or answer are one of the nouns instead of a shape of their own. */
const NAMED_ELSEWHERE: Record<string, string> = {
  ActionCreateResult: 'ActionInfo',
  ActionUpdateResult: 'ActionInfo',
  ActionWhyResult: 'Explanation',
  HitReadResult: 'Hit',
};

interface MessageEntry {
  method: string;
  kind: 'request' | 'notification';
  params: string;
  result?: string;
}

/** Pairs each request or notification token with the schemas named after it: `Hits` → `HitsParams`, `HitsResult`. */
function messagesOf(family: Record<string, unknown>): MessageEntry[] {
  const entries: MessageEntry[] = [];
  for (const [name, token] of Object.entries(family)) {
    if (typeof token !== 'object' || token === null || !('method' in token) || typeof token.method !== 'string')
      continue;
    const kind = token.constructor.name === 'NotificationType' ? 'notification' : 'request';
    const entry: MessageEntry = { method: token.method, kind, params: `#/definitions/${name}Params` };
    const result = NAMED_ELSEWHERE[`${name}Result`] ?? `${name}Result`;
    if (kind === 'request') entry.result = `#/definitions/${result}`;
    entries.push(entry);
  }
  return entries.sort((a, b) => a.method.localeCompare(b.method));
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, protocolSchema());
  console.log(`Wrote ${SCHEMA_FILE}`);
}
