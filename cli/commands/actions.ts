import { describeAction } from '@stillframe/core/action/describe-action';
import { formatTarget } from '@stillframe/core/action/target-text';
import { ActionList, ActionRemove } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { age, noteCut, print, printJson, table } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

type ListOptions = ConnectionOptions & { all?: true; json?: true };

export function addActions(program: Command): void {
  const actions = program
    .command('actions')
    .description('list the actions that are active')
    .option('--all', 'also those that ended')
    .option('--server <url>', 'which server')
    .option('--json', 'print JSON')
    .action(list);
  actions
    .command('remove <id...>')
    .description('take actions out of all agents; their hits stay readable')
    .option('--server <url>', 'which server')
    .option('--json', 'print JSON')
    .action((ids: string[], _own: unknown, command: Command) => remove(ids, command.optsWithGlobals()));
}

function list(options: ListOptions): Promise<void> {
  return withLink(options, async (link) => {
    const states = options.all ? (['active', 'completed', 'expired', 'removed'] as const) : (['active'] as const);
    const { actions, total } = await link.request(ActionList, { states: [...states] });
    noteCut(actions.length, total, 'actions');
    if (options.json) {
      return printJson(
        actions.map(({ id, kind, location, target, state, hits, maxHits, summary, createdAt, expiresAt }) => ({
          id,
          kind,
          file: location.path,
          line: location.line,
          target: formatTarget(target),
          state,
          hits,
          maxHits,
          summary,
          createdAt,
          expiresAt,
        })),
      );
    }
    if (actions.length === 0) return print('No action is active. Place one: stillframe snapshot add src/orders.ts:42');
    const now = Date.now();
    const rows = actions.map((action) => [
      action.id,
      describeAction(action),
      formatTarget(action.target),
      `${action.hits}/${action.maxHits}`,
      action.state === 'active' ? `ends in ${age(action.expiresAt - now)}` : action.state,
      action.summary,
    ]);
    print(table(['ID', 'ACTION', 'TARGET', 'HITS', 'STATE', 'STATUS'], rows));
  });
}

function remove(ids: string[], options: ListOptions): Promise<void> {
  return withLink(options, async (link) => {
    const { removed, unknown } = await link.request(ActionRemove, { ids });
    if (options.json) printJson({ removed, unknown });
    else if (removed.length > 0) print(`Removed ${removed.join(', ')}`);
    if (unknown.length > 0)
      throw new UsageError(`There is no action ${unknown.join(', ')}; stillframe actions lists them`);
  });
}
