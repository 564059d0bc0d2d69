import { AgentList } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { age, noteCut, print, printJson, table } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

export function addAgents(program: Command): void {
  program
    .command('agents')
    .description('list the connected agents')
    .option('--all', 'also those that were here within the last day')
    .option('--server <url>', 'which server')
    .option('--json', 'print JSON')
    .action((options: ConnectionOptions & { all?: true; json?: true }) =>
      withLink(options, async (link) => {
        const { agents, total } = await link.request(AgentList, { includeDisconnected: options.all === true });
        noteCut(agents.length, total, 'agents');
        if (options.json) {
          return printJson(
            agents.map(({ id, name, tags, runtime, host, pid }) => ({ id, name, tags, runtime, host, pid })),
          );
        }
        if (agents.length === 0) {
          return print(
            'No agent is connected. Start a service with: node --import @stillframe/agent-node/register app.js',
          );
        }
        const rows = agents.map((agent) => [
          agent.name,
          agent.tags.join(',') || '-',
          `${agent.runtime} ${agent.runtimeVersion}`,
          agent.host,
          String(agent.pid),
          agent.connected ? `up ${age(Date.now() - agent.startedAt)}` : 'gone',
          agent.id,
        ]);
        print(table(['NAME', 'TAGS', 'RUNTIME', 'HOST', 'PID', 'STATE', 'ID'], rows));
      }),
    );
}
