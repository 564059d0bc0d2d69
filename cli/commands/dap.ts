import type { Command } from 'commander';
import { portOf } from '../port-of.ts';

export function addDebugAdapter(program: Command): void {
  program
    .command('dap')
    .description('run the debug adapter for an editor')
    .option('--stdio', 'talk over standard input and output (the default)')
    .option('--port <number>', 'listen on this port of loopback; every connection is a session')
    .action(async ({ port }: { port?: string }) => {
      const { listenForDebugClients, startDebugAdapter } = await import('@stillframe/debug-adapter/main');
      if (port === undefined) return startDebugAdapter({ input: process.stdin, output: process.stdout });
      const server = await listenForDebugClients(portOf(port));
      const address = server.address();
      // The line clients wait for before they connect.
      if (typeof address === 'object') console.log(`DAP server listening at: 127.0.0.1:${address?.port}`);
    });
}
