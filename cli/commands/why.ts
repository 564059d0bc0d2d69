import { ActionWhy } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { print, printJson } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

const MARKS = { ok: '✓', warning: '!', pending: '…', broken: '✗' } as const;

export function addWhy(program: Command): void {
  program
    .command('why <id>')
    .description('explain, link by link and agent by agent, why an action has hits or has none')
    .option('--server <url>', 'which server')
    .option('--json', 'print JSON')
    .action((id: string, options: ConnectionOptions & { json?: true }) =>
      withLink(options, async (link) => {
        const { summary, agents } = await link.request(ActionWhy, { id });
        if (options.json) {
          return printJson({ summary, agents: agents.map(({ agent, links }) => ({ agent, links })) });
        }
        print(summary);
        for (const { agent, agentId, links, lastError, lastValues = [] } of agents) {
          print(`\n${agent}  (${agentId})`);
          for (const { link: name, state, reason } of links) {
            print(`  ${MARKS[state]} ${name.padEnd(10)}${reason === undefined ? '' : ` ${reason}`}`);
          }
          if (lastError !== undefined) print(`  last error: ${lastError}`);
          if (lastValues.length > 0)
            print(`  last seen: ${lastValues.map(({ text, value }) => `${text} = ${value}`).join(', ')}`);
        }
      }),
    );
}
