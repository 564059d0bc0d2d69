/** What `snapshot add`, `log add` and the others share: where, for whom, how long; and what came of it. */
import { resolve } from 'node:path';
import { parseTarget } from '@stillframe/core/action/target-text';
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import type { ManagementLink } from '@stillframe/management-client/management-link';
import { readWorkspaceConfig } from '@stillframe/management-client/workspace/read-workspace-config';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import {
  type ActionDraft,
  type Location,
  METRIC_KINDS,
  type SamplingDraft,
  type Target,
} from '@stillframe/protocol/action';
import { MAXIMUM_CAPTURE_LIMITS, MAXIMUM_LIFETIME_MS, MAXIMUM_MAX_HITS } from '@stillframe/protocol/limits';
import { ActionCreate, type ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson } from '../table.ts';
import { type ConnectionOptions, withLink } from '../with-link.ts';

export interface PlaceOptions extends ConnectionOptions {
  condition?: string;
  watch?: string[];
  tag?: string[];
  agent?: string;
  source?: string;
  canary?: string | true;
  sample?: string;
  framesWithLocals?: string;
  maxHits?: string;
  expires?: string;
  json?: true;
}

export function withPlaceOptions(command: Command): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
    .option('--condition <expression>', 'only when this is true, for example "total > 100"')
    .option('--tag <tag>', 'only agents with this tag; several tags must all be there', collect)
    .option('--agent <name>', 'only this agent, by name or id')
    .option('--source <name>', 'only agents of this saved source (stillframe source list)')
    .option('--canary [agents]', 'try it on so many agents first (default 1), and withdraw it if they get worse')
    .option('--expires <duration>', 'stop after this time: 30s, 15m, 2h, 1d (default 1h)')
    .option('--server <url>', 'which server')
    .option('--json', 'print {"id","status"}');
}

/** What yields hits. */
export function withHitOptions(command: Command): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
    .option('--watch <expression>', 'also capture this; may be given several times', collect)
    .option('--max-hits <number>', 'stop after so many hits, over all agents');
}

export function withSampling(command: Command): Command {
  return withHitOptions(command).option(
    '--sample <choice>',
    'which executions: a time such as 10s (at most one in it), or an expression (one per value of it)',
  );
}

type Kind = Pick<
  ActionDraft,
  'kind' | 'template' | 'level' | 'destination' | 'expression' | 'functionName' | 'sampling'
>;

/** Time the agents have to say whether they could arm it; what is still open then is told as it is. */
const ANSWER_MS = 2_000;

export async function place(where: string, options: PlaceOptions, kind: Kind, endLine?: number): Promise<void> {
  const { file, line, column } = parsePlace(where);
  await placeAt(file, { line, ...(column !== undefined && { column }) }, options, kind, endLine);
}

/** At a function that is named; its line is for the agent to find. */
export async function placeInFile(
  file: string,
  options: PlaceOptions,
  kind: Kind & { functionName: string },
): Promise<void> {
  await placeAt(file, { line: 1 }, options, kind);
}

async function placeAt(
  file: string,
  at: { line: number; column?: number },
  options: PlaceOptions,
  kind: Kind,
  endLine?: number,
): Promise<void> {
  const dialect = dialectOf(file);
  if (dialect === undefined) {
    throw new UsageError(`Name a JavaScript, TypeScript, Python, Java or Kotlin file: "${file}" is none`);
  }
  const maxHits =
    options.maxHits === undefined ? undefined : wholeNumber(options.maxHits, '--max-hits', MAXIMUM_MAX_HITS);
  const lifetimeMs = options.expires === undefined ? undefined : parseDuration(options.expires);
  const target = await targetOf(options);
  const sampling = options.sample === undefined ? undefined : parseSampling(options.sample);
  const capture = capturedFrames(options);
  await withLink(options, async (link) => {
    const location = await deployedLocation(link, file, at);
    const draft: ActionDraft = {
      ...kind,
      location,
      ...(endLine !== undefined && { endLocation: { ...location, line: endLine } }),
      target,
      dialect,
      origin: 'cli',
      ...(options.condition !== undefined && { condition: options.condition }),
      ...(options.watch !== undefined && { watches: options.watch }),
      ...(sampling && { sampling }),
      ...(capture && { capture }),
      ...(options.canary !== undefined && { canary: canaryOf(options.canary) }),
      ...(maxHits !== undefined && { maxHits }),
      ...(lifetimeMs !== undefined && { lifetimeMs }),
    };
    const { id } = await link.request(ActionCreate, draft);
    const info = await answered(link, id);
    const status = statusOf(info);
    if (options.json) return printJson({ id, status });
    print(`${kind.kind} ${id}: ${info.summary}`);
    print(METRIC_KINDS.has(kind.kind) ? `  stillframe metrics ${id}` : `  stillframe hits ${id} --follow`);
  });
}

/** `FILE:LINE` or `FILE:LINE:COLUMN`; the file may have colons of its own. */
export function parsePlace(where: string): { file: string; line: number; column?: number } {
  const found = /^(.+?):(\d+)(?::(\d+))?$/.exec(where);
  const [, file, line, column] = found ?? [];
  if (file === undefined || Number(line) < 1)
    throw new UsageError(`Name a place as FILE:LINE, for example src/orders.ts:42, not "${where}"`);
  return { file, line: Number(line), ...(column !== undefined && { column: Number(column) }) };
}

/** Milliseconds of `30s`, `15m`, `2h`, `1d`. */
export function parseDuration(text: string, option = '--expires'): number {
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit ?? ''] ?? Number.NaN);
  if (!(ms >= 1000)) throw new UsageError(`Give ${option} a time such as 30s, 15m, 2h or 1d, not "${text}"`);
  if (ms > MAXIMUM_LIFETIME_MS) throw new UsageError(`Give ${option} one day at most, not "${text}"`);
  return Math.round(ms);
}

function wholeNumber(text: string, option: string, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new UsageError(`Give ${option} a whole number from 1 to ${most}, not "${text}"`);
  return number;
}

/** `10s` at most one per that time; anything else is an expression of which each value is captured once. */
function parseSampling(text: string): SamplingDraft {
  if (/^\d+(\.\d+)?(ms|[smhd])$/.test(text)) {
    const everyMs = text.endsWith('ms') ? Number(text.slice(0, -2)) : parseDuration(text, '--sample');
    return { by: 'interval', everyMs };
  }
  return { by: 'distinct', expression: text };
}

function capturedFrames({ framesWithLocals }: PlaceOptions): { framesWithLocals: number } | undefined {
  if (framesWithLocals === undefined) return undefined;
  return {
    framesWithLocals: wholeNumber(framesWithLocals, '--frames-with-locals', MAXIMUM_CAPTURE_LIMITS.framesWithLocals),
  };
}

function canaryOf(agents: string | true): { agents?: number } {
  return agents === true ? {} : { agents: wholeNumber(agents, '--canary', 100) };
}

/** Without a flag, the target that `.stillframe.json` names. */
async function targetOf({ agent, tag, source }: PlaceOptions): Promise<Target> {
  if ([agent, tag, source].filter((given) => given !== undefined).length > 1)
    throw new UsageError('Give one of --agent, --tag and --source');
  if (source !== undefined) return { by: 'source', source };
  if (agent !== undefined) return { by: 'agent', agent };
  const text = tag?.join(' ') ?? (await readWorkspaceConfig(process.cwd())).target ?? 'all';
  const { target, problem } = parseTarget(text);
  if (target === undefined) throw new UsageError(problem ?? `"${text}" is no target`);
  return target;
}

/** The file as an agent has it, where one does; otherwise as typed, so that an agent may still come. */
async function deployedLocation(
  link: ManagementLink,
  file: string,
  at: { line: number; column?: number },
): Promise<Location> {
  const map = new WorkspaceMap({ folders: [process.cwd()], files: async () => link.files() });
  const [config] = await map.configs();
  if (config?.problem !== undefined) throw new UsageError(config.problem);
  const known = (await link.files()).find((each) => each.path === file);
  if (known !== undefined) return { path: file, ...at };
  const { verdict, files, explanation } = await map.deployedFor(resolve(file));
  const [first] = files;
  if (verdict === 'ambiguous') throw new UsageError(`Name the deployed path: ${explanation}`);
  if (first === undefined) return { path: file.replace(/^\.\//, ''), ...at };
  return { path: first.path, ...at };
}

/** The action once an agent has said what it makes of it, or when it is time to go on without. */
function answered(link: ManagementLink, id: string): Promise<ActionInfo> {
  return new Promise((resolve, reject) => {
    const look = (final: boolean) => {
      const info = link.view.actions.get(id);
      if (info === undefined)
        return final ? finish(() => reject(new Error(`The action ${id} is gone already`))) : undefined;
      if (final || info.state !== 'active' || info.agents.some(hasAnswered)) finish(() => resolve(info));
    };
    const finish = (end: () => void) => {
      clearTimeout(timer);
      subscription.dispose();
      end();
    };
    const timer = setTimeout(() => look(true), ANSWER_MS);
    const subscription = link.onDidChange(() => look(false));
    look(false);
  });
}

function hasAnswered({ links }: ActionInfo['agents'][number]): boolean {
  return links.some(
    ({ link, state }) =>
      state === 'broken' ||
      link === 'line' ||
      (link === 'file' && state === 'pending' && links.length > 2 && !isAwaited(links)),
  );
}

function isAwaited(links: ActionInfo['agents'][number]['links']): boolean {
  return links.at(-1)?.reason === 'The agent has not answered yet';
}

/** One word for scripts: armed, rejected, pending, waiting (no agent yet), or the state of an ended action. */
function statusOf({ state, agents }: ActionInfo): string {
  if (state !== 'active') return state;
  const states = agents.filter(({ connected }) => connected).map((agent) => agent.state);
  if (states.length === 0) return 'waiting';
  return (['armed', 'finished', 'suspended', 'pending'] as const).find((each) => states.includes(each)) ?? 'rejected';
}
