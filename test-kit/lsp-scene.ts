/**
 * A workspace on disk, a management server, a scripted agent and a language server with its editor, put together for one
 * test. The two servers come as functions, so that this kit imports neither.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type LspClient, type LspClientOptions, RICH_CAPABILITIES, startLspClient } from './lsp-client.ts';
import { type ScriptedAgent, type ScriptedAgentOptions, startScriptedAgent } from './scripted-agent.ts';

export interface LspSceneParts {
  startManagementServer(options: { port: number; dataDirectory: string; log: (line: string) => void }): Promise<{
    url: string;
    agentKeyFile: string;
    tokenFile: string;
    close(): Promise<void>;
  }>;
  startLspServer(options: {
    input: NodeJS.ReadableStream;
    output: NodeJS.WritableStream;
    onBug: (error: unknown, context: string) => void;
  }): Promise<void>;
}

export interface LspSceneOptions extends Partial<Omit<LspClientOptions, 'input' | 'output'>> {
  /** Files of the workspace by relative path. */
  workspace?: Readonly<Record<string, string>>;
}

export interface LspScene {
  /** Everything of the scene that is on disk. */
  root: string;
  url: string;
  agentKey: string;
  workspace: string;
  editor: LspClient;
  path(relative: string): string;
  uri(relative: string): string;
  agent(options?: Partial<ScriptedAgentOptions>): Promise<ScriptedAgent>;
  /** Another editor on the same server. */
  secondEditor(options?: LspSceneOptions): Promise<LspClient>;
  /** Waits until the language server is connected. */
  connected(): Promise<void>;
  /** Throws what the language server reported of itself. `ended`: there is no language server left to say goodbye to. */
  close(options?: { ended?: boolean }): Promise<void>;
}

export async function startLspScene(parts: LspSceneParts, options: LspSceneOptions = {}): Promise<LspScene> {
  const root = mkdtempSync(join(tmpdir(), 'stillframe-lsp-'));
  const workspace = join(root, 'workspace');
  mkdirSync(workspace);
  for (const [name, text] of Object.entries(options.workspace ?? {})) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  const server = await parts.startManagementServer({ port: 0, dataDirectory: join(root, 'data'), log: () => {} });
  const restore = setEnvironment({
    STILLFRAME_URL: server.url,
    STILLFRAME_TOKEN_FILE: server.tokenFile,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_CACHE_HOME: join(root, 'cache'),
  });
  const bugs: unknown[] = [];
  const editors: LspClient[] = [];
  const agents: ScriptedAgent[] = [];
  const agentKey = readFileSync(server.agentKeyFile, 'utf8').trim();

  async function openEditor({ workspace: _files, ...given }: LspSceneOptions): Promise<LspClient> {
    const input = new PassThrough();
    const output = new PassThrough();
    await parts.startLspServer({ input, output, onBug: (error) => void bugs.push(error) });
    const capabilities = given.capabilities ?? RICH_CAPABILITIES;
    const client = await startLspClient({ folders: [workspace], ...given, capabilities, input, output });
    editors.push(client);
    return client;
  }

  const editor = await openEditor(options);
  return {
    root,
    url: server.url,
    agentKey,
    workspace,
    editor,
    path: (relative) => join(workspace, relative),
    uri: (relative) => pathToFileURL(join(workspace, relative)).href,
    async agent(agentOptions) {
      const agent = await startScriptedAgent({ url: server.url, key: agentKey, ...agentOptions });
      agents.push(agent);
      return agent;
    },
    secondEditor: (editorOptions = {}) => openEditor(editorOptions),
    async connected() {
      // Removing what is not there changes nothing, and waits for the server's answer.
      await editor.execute('stillframe.action.remove', { id: 'none' });
    },
    async close({ ended = false } = {}) {
      if (!ended) await Promise.all(editors.map((each) => each.shutdown()));
      await Promise.all(agents.map((each) => each.close()));
      await server.close();
      restore();
      rmSync(root, { recursive: true, force: true });
      if (bugs.length > 0) throw new AggregateError(bugs, 'The language server reported bugs of its own');
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
