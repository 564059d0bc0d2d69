/**
 * A workspace on disk, a management server, scripted agents and debug adapters with their clients, put together for one test.
 * The servers come as functions, so that this kit imports neither.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type DapClient, startDapClient } from './dap-client.ts';
import { type ScriptedAgent, type ScriptedAgentOptions, startScriptedAgent } from './scripted-agent.ts';

interface RunningServer {
  url: string;
  agentKeyFile: string;
  tokenFile: string;
  close(): Promise<void>;
}

export interface DapSceneParts {
  startManagementServer(options: {
    port: number;
    dataDirectory: string;
    log: (line: string) => void;
  }): Promise<RunningServer>;
  startDebugAdapter(options: {
    input: NodeJS.ReadableStream;
    output: NodeJS.WritableStream;
    onBug: (error: unknown, context: string) => void;
  }): Promise<void>;
}

export interface DapScene {
  url: string;
  tokenFile: string;
  workspace: string;
  path(relative: string): string;
  write(relative: string, text: string): void;
  agent(options?: Partial<ScriptedAgentOptions>): Promise<ScriptedAgent>;
  /** An adapter in this process; `ended` resolves when it has nothing left to do. */
  debugger(): { client: DapClient; ended: Promise<void> };
  /** Takes the server down, with everything it has stored kept. */
  stopServer(): Promise<void>;
  /** Starts it again under the same address. */
  startServer(): Promise<void>;
  /** Throws what the adapter reported of itself. */
  close(): Promise<void>;
}

export async function startDapScene(
  parts: DapSceneParts,
  files: Readonly<Record<string, string>> = {},
): Promise<DapScene> {
  const root = mkdtempSync(join(tmpdir(), 'stillframe-dap-'));
  const workspace = join(root, 'workspace');
  const path = (relative: string) => join(workspace, relative);
  const write = (relative: string, text: string) => {
    mkdirSync(dirname(path(relative)), { recursive: true });
    writeFileSync(path(relative), text);
  };
  mkdirSync(workspace);
  for (const [relative, text] of Object.entries(files)) write(relative, text);
  const start = (port: number) =>
    parts.startManagementServer({ port, dataDirectory: join(root, 'data'), log: () => {} });
  let server: RunningServer | undefined = await start(0);
  const { url, agentKeyFile, tokenFile } = server;
  const restore = setEnvironment({
    STILLFRAME_URL: url,
    STILLFRAME_TOKEN_FILE: tokenFile,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_CACHE_HOME: join(root, 'cache'),
    STILLFRAME_DATA: join(root, 'none'),
  });
  const key = readFileSync(agentKeyFile, 'utf8').trim();
  const bugs: unknown[] = [];
  const agents: ScriptedAgent[] = [];
  const sessions: { client: DapClient; ended: Promise<void> }[] = [];

  return {
    url,
    tokenFile,
    workspace,
    path,
    write,
    async agent(options) {
      const agent = await startScriptedAgent({ url, key, ...options });
      agents.push(agent);
      await agent.settled();
      return agent;
    },
    debugger() {
      const input = new PassThrough();
      const output = new PassThrough();
      const ended = parts.startDebugAdapter({ input, output, onBug: (error) => void bugs.push(error) });
      const session = { client: startDapClient({ input, output }), ended };
      sessions.push(session);
      return session;
    },
    async stopServer() {
      await server?.close();
      server = undefined;
    },
    async startServer() {
      server = await start(Number(new URL(url).port));
    },
    async close() {
      for (const { client } of sessions) client.hangUp();
      await Promise.all(sessions.map(({ ended }) => ended));
      await Promise.all(agents.map((agent) => agent.close()));
      await server?.close();
      restore();
      rmSync(root, { recursive: true, force: true });
      if (bugs.length > 0) throw new AggregateError(bugs, 'The debug adapter reported bugs of its own');
    },
  };
}

function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
