/** What `snapshot add` and `log add` share: where, for whom, how long; and what came of it. */
import { resolve } from 'node:path';
import { parseTarget } from '@stillframe/core/action/target-text';
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import type { ManagementLink } from '@stillframe/management-client/management-link';
import { readWorkspaceConfig } from '@stillframe/management-client/workspace/read-workspace-config';
import { WorkspaceMap } from '@stillframe/management-client/workspace/workspace-map';
import type { ActionDraft, Location, Target } from '@stillframe/protocol/action';
import { MAXIMUM_LIFETIME_MS, MAXIMUM_MAX_HITS } from '@stillframe/protocol/limits';
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
  maxHits?: string;
  expires?: string;
  json?: true;
}

export function withPlaceOptions(command: Command): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
    .option('--condition <expression>', 'only when this is true, for example "total > 100"')
    .option('--watch <expression>', 'also capture this; may be given several times', collect)
    .option('--tag <tag>', 'only agents with this tag; several tags must all be there', collect)
    .option('--agent <name>', 'only this agent, by name or id')
    .option('--max-hits <number>', 'stop after so many hits, over all agents')
    .option('--expires <duration>', 'stop after this time: 30s, 15m, 2h, 1d (default 1h)')
    .option('--server <url>', 'which server')
    .option('--json', 'print {"id","status"}');
}

/** Time the agents have to say whether they could arm it; what is still open then is told as it is. */
const ANSWER_MS = 2_000;

export async function place(
  where: string,
  options: PlaceOptions,
  kind: Pick<ActionDraft, 'kind' | 'template' | 'level' | 'destination'>,
): Promise<void> {
  const { file, line, column } = parsePlace(where);
  const dialect = dialectOf(file);
  if (dialect === undefined) {
    throw new UsageError(`Name a JavaScript, TypeScript, Python, Java or Kotlin file: "${file}" is none`);
  }
  const maxHits =
    options.maxHits === undefined ? undefined : wholeNumber(options.maxHits, '--max-hits', MAXIMUM_MAX_HITS);
  const lifetimeMs = options.expires === undefined ? undefined : parseDuration(options.expires);
  const target = await targetOf(options);
  await withLink(options, async (link) => {
    const draft: ActionDraft = {
      ...kind,
      location: await deployedLocation(link, file, line, column),
      target,
      dialect,
      origin: 'cli',
      ...(options.condition !== undefined && { condition: options.condition }),
      ...(options.watch !== undefined && { watches: options.watch }),
      ...(maxHits !== undefined && { maxHits }),
      ...(lifetimeMs !== undefined && { lifetimeMs }),
    };
    const { id } = await link.request(ActionCreate, draft);
    const info = await answered(link, id);
    const status = statusOf(info);
    if (options.json) return printJson({ id, status });
    print(`${kind.kind} ${id}: ${info.summary}`);
    print(`  stillframe hits ${id} --follow`);
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
export function parseDuration(text: string): number {
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit ?? ''] ?? Number.NaN);
  if (!(ms >= 1000)) throw new UsageError(`Give --expires a time such as 30s, 15m, 2h or 1d, not "${text}"`);
  if (ms > MAXIMUM_LIFETIME_MS) throw new UsageError(`Give --expires one day at most, not "${text}"`);
  return Math.round(ms);
}

function wholeNumber(text: string, option: string, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new UsageError(`Give ${option} a whole number from 1 to ${most}, not "${text}"`);
  return number;
}

/** Without a flag, the target that `.stillframe.json` names. */
async function targetOf({ agent, tag }: PlaceOptions): Promise<Target> {
  if (agent !== undefined && tag !== undefined) throw new UsageError('Give --agent or --tag, not both');
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
  line: number,
  column: number | undefined,
): Promise<Location> {
  const at = { line, ...(column !== undefined && { column }) };
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
