import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson } from '../table.ts';

interface ServerOptions {
  port: string;
  host: string;
  data?: string;
  json?: true;
}

const DEFAULT_PORT = '7070';

export function addServer(program: Command): void {
  program
    .command('server')
    .description('run the management server; needs no configuration')
    .option('--port <number>', 'port to listen on; 0 takes any', DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; put TLS before anything but loopback', '127.0.0.1')
    .option('--data <directory>', 'keys and database (default: your data directory, or STILLFRAME_DATA)')
    .option('--json', 'print one line of JSON when ready')
    .action(runServer);
}

async function runServer(options: ServerOptions): Promise<void> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`Give --port a number from 0 to 65535, not "${options.port}"`);
  }
  requireSqlite();
  const { startManagementServer } = await import('@stillframe/management-server/main');
  const server = await startManagementServer({
    port,
    host: options.host,
    ...(options.data !== undefined && { dataDirectory: options.data }),
  });
  const { url, agentKeyFile, tokenFile } = server;
  if (options.json) printJson({ url, agentKeyFile, tokenFile });
  else {
    print(`Stillframe server at ${url}`);
    print(`  agents:  STILLFRAME_URL=${url} STILLFRAME_KEY_FILE=${agentKeyFile}`);
    print(
      `  editors: STILLFRAME_URL=${url} STILLFRAME_TOKEN_FILE=${tokenFile}  (on this machine nothing needs to be set)`,
    );
    print('Ctrl+C ends it.');
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // A second signal does not wait for what is under way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await server.close();
}

function requireSqlite(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 5)) return;
  throw new UsageError(
    `Run the server with Node.js 22.5 or newer: it needs its SQLite, which ${process.versions.node} does not have`,
  );
}
