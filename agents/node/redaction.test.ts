/** Nothing that looks like a secret leaves the process, and a change of the policy is in force at once, also of its rates. Real processes. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseExpression } from '@stillframe/core/expression/parse-expression';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import type { Action } from '@stillframe/protocol/action';
import type { Expression, Template } from '@stillframe/protocol/expression';
import type { AgentHit } from '@stillframe/protocol/hit';
import { DEFAULT_POLICY, type Policy, type ValueRule } from '@stillframe/protocol/policy';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const SECRETS = fileURLToPath(new URL('../../test-fixtures/programs/node/secrets.cjs', import.meta.url));
const LINE = markedLine(SECRETS, 'pay').line;
const EVERY_SECRET = /example\.com|4111111111111111|151 12345678|abcdefgh12345678|hunter2/;

describe.each(nodeVersions())('$name', ({ path: node }) => {
  let server: AgentServer;
  let program: StartedProcess;
  beforeEach(async () => {
    server = await startAgentServer();
    const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
    program = startProcess(node, ['--import', REGISTER, SECRETS], { env });
    // It tells of its files once it was welcomed with the first policy.
    await server.until(() => server.files.get(SECRETS), 'the agent and its files');
  });
  afterEach(async () => {
    await program.stop();
    await server.close();
  });

  test('in a snapshot with watches, in logs to both places, in errors', async () => {
    const snapshot = snapshotAction(SECRETS, LINE, { watches: [expression('customer.email'), expression('failure')] });
    const log = snapshotAction(SECRETS, LINE, {
      kind: 'log',
      destination: 'both',
      template: template('{customer.name}: {customer.email} {customer} {note} {card} {byEmail} {customer.email + 1}'),
    });
    const failing = snapshotAction(SECRETS, LINE, { condition: expression('customer.email > 1') });
    server.setActions([snapshot, log, failing]);
    const [shot, line] = await Promise.all([hitOf(snapshot), hitOf(log)]);
    await server.until(() => server.statuses.get(failing.id)?.lastError, 'the error');
    const out = await program.output(/^\[stillframe.*$/m);
    const sent = JSON.stringify([server.hits, [...server.statuses]]);
    expect(EVERY_SECRET.exec(sent) ?? EVERY_SECRET.exec(program.stdout())).toBeNull();
    expect(out[0]).toContain('Barbara: <redacted (email)> Customer {name: "Barbara"');
    expect(line.message).toContain('Barbara: <redacted (email)> Customer {name: "Barbara"');
    expect(shot.capture.missing?.redacted).toBeGreaterThan(5);
    expect(variable(shot, 'card')).toEqual({
      kind: 'string',
      type: 'string',
      preview: '<redacted (card)>',
      missing: { reason: 'redacted', detail: 'value rule card' },
    });
    expect(variable(shot, 'database')).toMatchObject({ literal: 'postgres://<redacted (urlCredentials)>@db/orders' });
    expect(variable(shot, 'number')).toMatchObject({ kind: 'number', preview: '<redacted (card)>' });
  });

  test('rules are switched off and on by the policy, live', async () => {
    let revision = 1;
    const capture = async (valuesOff: ValueRule[]) => {
      const action = snapshotAction(SECRETS, LINE, {});
      revision += 1;
      server.setActions([action], { ...DEFAULT_POLICY, revision, redaction: { names: [], types: [], valuesOff } });
      return hitOf(action);
    };
    expect(JSON.stringify(await capture(['email']))).toMatch(/barbara@example\.com/);
    expect(JSON.stringify(await capture(['card', 'phone']))).toMatch(/"literal":"4111111111111111"/);
    expect(EVERY_SECRET.exec(JSON.stringify(await capture([])))).toBeNull();
  });

  test('a policy that arrives while an action is armed changes its next hit', async () => {
    const action = snapshotAction(SECRETS, LINE, { maxHits: 100 });
    server.setActions([action]);
    expect(EVERY_SECRET.exec(JSON.stringify(await hitOf(action)))).toBeNull();
    const policy: Policy = {
      ...DEFAULT_POLICY,
      revision: 7,
      redaction: { names: [], types: [], valuesOff: ['email'] },
    };
    server.setActions([action], policy);
    await server.until(
      () => server.hits.find((hit) => /barbara@example\.com/.test(JSON.stringify(hit))),
      'the e-mail address',
      5000,
    );
  });

  test('so do its rates', async () => {
    const action = snapshotAction(SECRETS, LINE, { maxHits: 30 });
    server.setActions([action]);
    await hitOf(action);
    const budgets = { ...DEFAULT_POLICY.budgets, snapshotsPerSecondPerAction: 20, snapshotsPerSecond: 100 };
    server.setActions([action], { ...DEFAULT_POLICY, revision: 8, budgets });
    // At one a second it would take half a minute.
    await server.until(() => (server.hits.length === 30 ? true : undefined), 'all hits', 10_000);
  });

  function hitOf(action: Action): Promise<AgentHit> {
    return server.until(() => server.hits.find(({ actionId }) => actionId === action.id), `a hit of ${action.kind}`);
  }
});

function variable(hit: AgentHit, name: string) {
  const found = hit.frames[0]?.scopes?.flatMap(({ variables }) => variables).find((each) => each.name === name);
  return hit.values[found?.value ?? -1];
}

function expression(text: string): Expression {
  const { tree } = parseExpression(text, 'javascript');
  if (tree === undefined) throw new Error(`Cannot parse ${text}`);
  return { text, dialect: 'javascript', tree };
}

function template(text: string): Template {
  const { template } = parseTemplate(text, 'javascript');
  if (template === undefined) throw new Error(`Cannot parse ${text}`);
  return template;
}
