import { childrenOf } from '@stillframe/core/values/children-of';
import { formatValue } from '@stillframe/core/values/format-value';
import { renderHit } from '@stillframe/core/values/render-hit';
import type { ManagementLink } from '@stillframe/management-client/management-link';
import type { Hit } from '@stillframe/protocol/hit';
import { ActionList, HitList } from '@stillframe/protocol/messages/ide-connection';
import type { CapturedValue, ValueIndex } from '@stillframe/protocol/values';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

type HitsOptions = ConnectionOptions & { follow?: true; json?: true };

const PAGE = 200;
const NESTING = 3;

export function addHits(program: Command): void {
  program
    .command('hits <id>')
    .description('show what an action captured, oldest first')
    .option('--follow', 'go on with new hits until the action ends')
    .option('--server <url>', 'which server')
    .option('--json', 'print an array; with --follow one object per line')
    .action((id: string, options: HitsOptions) => withLink(options, (link) => showHits(link, id, options)));
}

async function showHits(link: ManagementLink, id: string, { follow, json }: HitsOptions): Promise<void> {
  if (json && !follow) {
    const hits: Hit[] = [];
    await eachHit(link, id, 0, async (hit) => void hits.push(hit));
    return printJson(hits.map(hitJson));
  }
  let shown = 0;
  const show = async (hit: Hit) => {
    shown = hit.ordinal;
    if (json) printJson(hitJson(hit));
    else print(renderHit(hit));
  };
  await eachHit(link, id, 0, show);
  if (!follow) return shown === 0 ? print(`No hit yet. stillframe why ${id} says why`) : undefined;
  for (;;) {
    const ended = await changed(link, id, shown);
    await eachHit(link, id, shown, show);
    if (ended && !(await isActive(link, id))) return;
  }
}

/** From behind `after`, whole pages at a time. */
async function eachHit(
  link: ManagementLink,
  actionId: string,
  after: number,
  use: (hit: Hit) => Promise<void>,
): Promise<void> {
  for (let last = after; ; ) {
    const { hits } = await link.request(HitList, { actionId, afterOrdinal: last, limit: PAGE });
    const final = hits.at(-1);
    if (final === undefined) return;
    for (const { id } of hits) await use(await link.hit(id));
    last = final.ordinal;
  }
}

/** A view of thousands of actions comes in parts, so one that is not in it may still be active. */
async function isActive(link: ManagementLink, id: string): Promise<boolean> {
  const { actions } = await link.request(ActionList, { ids: [id] });
  return actions[0]?.state === 'active';
}

/** Waits for hits beyond `shown`, or for the end of the action; true when it seems to have ended. */
function changed(link: ManagementLink, id: string, shown: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const info = link.view.actions.get(id);
      if (link.state === 'signedOut') finish(() => reject(new UsageError(link.stateReason ?? 'Sign in again')));
      else if (link.state !== 'connected') return;
      else if (info === undefined || info.state !== 'active') finish(() => resolve(true));
      else if (info.hits > shown) finish(() => resolve(false));
    };
    const finish = (end: () => void) => {
      subscription.dispose();
      end();
    };
    const subscription = link.onDidChange(look);
    look();
  });
}

/** The contract with scripts; see "The command line" in the documentation. */
function hitJson(hit: Hit) {
  return {
    id: hit.id,
    at: hit.at,
    agent: hit.agentName,
    ...(hit.message !== undefined && { message: hit.message }),
    ...(hit.watches.length > 0 && {
      watches: hit.watches.map(({ text, value, error }) =>
        value === undefined ? { text, error } : { text, ...variableJson(hit.values, value, 0) },
      ),
    }),
    frames: hit.frames.map((frame) => ({
      function: frame.function,
      file: frame.path ?? null,
      line: frame.line ?? null,
      variables: (frame.scopes ?? []).flatMap(({ variables }) =>
        variables.map(({ name, value }) => ({ name, ...variableJson(hit.values, value, 0) })),
      ),
    })),
  };
}

interface VariableJson {
  type: string;
  value: string;
  variables?: ({ name: string } & VariableJson)[];
}

function variableJson(values: readonly CapturedValue[], index: ValueIndex, nesting: number): VariableJson {
  const type = values[index]?.type ?? '';
  const value = formatValue(values, index);
  if (nesting >= NESTING) return { type, value };
  const variables = childrenOf(values, index).flatMap((child) =>
    child.value === undefined ? [] : [{ name: child.name, ...variableJson(values, child.value, nesting + 1) }],
  );
  return variables.length === 0 ? { type, value } : { type, value, variables };
}
