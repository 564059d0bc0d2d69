/** Options and environment into settings; what is wrong is a sentence, never an exception. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { WorkerSettings } from '../shared/probe-messages.ts';
import { AGENT_VERSION } from '../shared/version.ts';

export interface AgentOptions {
  /** The server: `http(s)://` or `ws(s)://`. Default `STILLFRAME_URL`, else `ws://127.0.0.1:7070`. */
  url?: string;
  /** The agents' key. Default `STILLFRAME_KEY`; better, name a file. */
  key?: string;
  /** A file with the key. Default `STILLFRAME_KEY_FILE`, for a server on this machine the file it made. */
  keyFile?: string;
  /** Default `STILLFRAME_NAME`, else the name in the entry file's `package.json`, else the entry file's name. */
  name?: string;
  /** Default `STILLFRAME_TAGS`, separated by commas. */
  tags?: string[];
  repository?: string;
  commit?: string;
  build?: string;
  /** Places actions in scripts above 2 MB, where the first hit stalls the service for some 60 ms per MB. */
  allowLargeScripts?: boolean;
  /**
   * Modules that are rewritten as they load, so that counters there are exact at any speed: `src/**`, relative to the working
   * directory. Default `STILLFRAME_INSTRUMENT`, separated by commas.
   */
  instrument?: string[];
}

const TAG = /^[A-Za-z0-9][A-Za-z0-9_.:/=-]{0,99}$/;

export function readSettings(
  options: AgentOptions,
  env: NodeJS.ProcessEnv,
): { settings?: WorkerSettings; problem?: string } {
  const url = socketUrl(options.url ?? env.STILLFRAME_URL ?? 'ws://127.0.0.1:7070');
  if (url === undefined)
    return { problem: `Set STILLFRAME_URL to http(s)://host:port, not "${options.url ?? env.STILLFRAME_URL}"` };
  const tags =
    options.tags ??
    (env.STILLFRAME_TAGS ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
  const wrong = tags.find((tag) => typeof tag !== 'string' || !TAG.test(tag));
  if (wrong !== undefined)
    return { problem: `Change the tag "${wrong}": letters, digits and _ . : / = - are allowed, 100 at most` };
  const optional = {
    repository: options.repository ?? env.STILLFRAME_REPOSITORY,
    commit: options.commit ?? env.STILLFRAME_COMMIT,
    build: options.build ?? env.STILLFRAME_BUILD,
  };
  return {
    settings: {
      url,
      key: keySource(options, env, url),
      id: randomUUID(),
      name: (options.name ?? env.STILLFRAME_NAME ?? nameOfService()).slice(0, 200),
      tags,
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== '')),
      allowLargeScripts: options.allowLargeScripts ?? env.STILLFRAME_ALLOW_LARGE_SCRIPTS === '1',
      instrument: instrumentPatterns(options, env),
      agentVersion: AGENT_VERSION,
      workingDirectory: process.cwd(),
      timeOrigin: performance.timeOrigin,
    },
  };
}

export function instrumentPatterns(options: AgentOptions, env: NodeJS.ProcessEnv): string[] {
  const patterns = options.instrument ?? (env.STILLFRAME_INSTRUMENT ?? '').split(',');
  return patterns
    .map((pattern) => String(pattern).trim())
    .filter((pattern) => pattern !== '')
    .map((pattern) => (pattern.startsWith('**') ? pattern : resolve(pattern)));
}

function socketUrl(text: string): string | undefined {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:') url.protocol = 'ws:';
    if (url.protocol === 'https:') url.protocol = 'wss:';
    if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return undefined;
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}/agent`;
  } catch {
    return undefined;
  }
}

function keySource(options: AgentOptions, env: NodeJS.ProcessEnv, url: string): WorkerSettings['key'] {
  if (options.key !== undefined) return { text: options.key };
  if (options.keyFile !== undefined) return { file: options.keyFile };
  if (env.STILLFRAME_KEY) return { text: env.STILLFRAME_KEY };
  if (env.STILLFRAME_KEY_FILE) return { file: env.STILLFRAME_KEY_FILE };
  const { hostname: server } = new URL(url);
  const local = server === 'localhost' || server === '[::1]' || server.startsWith('127.');
  return local ? { file: join(serverDataDirectory(env), 'agent.key') } : undefined;
}

/** Where a server that this user started with no options keeps its keys. */
function serverDataDirectory(env: NodeJS.ProcessEnv): string {
  if (env.STILLFRAME_DATA) return env.STILLFRAME_DATA;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'stillframe');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? homedir(), 'stillframe');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'stillframe');
}

function nameOfService(): string {
  if (process.env.npm_package_name) return process.env.npm_package_name;
  const entry = process.argv[1];
  if (entry === undefined) return hostname();
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return basename(folder);
  }
  return basename(entry);
}
