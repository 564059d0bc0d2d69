import { resolve } from 'node:path';
import { installBugSink, reportBug } from '@stillframe/core/report-bug';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { portOf } from '../port-of.ts';
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
  const port = portOf(options.port);
  requireSqlite();
  surviveBugs();
  const { startManagementServer } = await import('@stillframe/management-server/main');
  const server = await startManagementServer({
    port,
    host: options.host,
    ...(options.data !== undefined && { dataDirectory: resolve(options.data) }),
  });
  const { url, agentKeyFile, tokenFile } = server;
  if (options.json) printJson({ url, agentKeyFile, tokenFile });
  else {
    print(`Stillframe server at ${url}`);
    print(`  agents:  STILLFRAME_URL=${url} STILLFRAME_KEY_FILE=${agentKeyFile}`);
    // Where clients look by themselves.
    const usual = options.data === undefined && options.port === DEFAULT_PORT;
    const remark = usual ? '  (on this machine nothing needs to be set)' : '';
    print(`  editors: STILLFRAME_URL=${url} STILLFRAME_TOKEN_FILE=${tokenFile}${remark}`);
    print('Ctrl+C ends it.');
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // A second signal does not wait for what is under way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await server.close();
}

/** A mistake of ours in one message must not take agents and editors of everybody else down with it. */
function surviveBugs(): void {
  installBugSink((error, context) => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`stillframe server: please report this bug (${context}): ${detail}\n`);
  });
  process.on('uncaughtException', (error) => reportBug(error, 'uncaught'));
  process.on('unhandledRejection', (error) => reportBug(error, 'unhandled'));
}

function requireSqlite(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 5)) return;
  throw new UsageError(
    `Run the server with Node.js 22.5 or newer: it needs its SQLite, which ${process.versions.node} does not have`,
  );
}
