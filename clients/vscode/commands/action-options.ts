/** Everything an action can be told, as a list to go through before it is placed. Each row says what is chosen now. */
import { DEFAULT_CANARY, METRIC_KINDS } from '@stillframe/protocol/action';
import { DEFAULT_LIFETIME_MS, DEFAULT_MAX_HITS, MAX_WATCHES, MAXIMUM_MAX_HITS } from '@stillframe/protocol/limits';
import type { ActionSpec } from '@stillframe/protocol/messages/editor-extensions';
import { type QuickPickItem, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { ask, askNumber } from './ask.ts';
import { askSampling, samplingText } from './choose-sampling.ts';
import { askTarget } from './target-commands.ts';

interface Row extends QuickPickItem {
  /** The changed fields; undefined leaves a field out. Nothing when the person thought better of it. */
  change?: () => Promise<{ [Field in keyof ActionSpec]?: ActionSpec[Field] | undefined } | undefined>;
}

const LIFETIMES = [
  [60, '1 minute'],
  [600, '10 minutes'],
  [3600, '1 hour'],
  [28_800, '8 hours'],
  [86_400, '1 day'],
] as const;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const DESTINATIONS = { both: 'the service’s log and the editor', editor: 'the editor', stdout: 'the service’s log' };

/** What is to be placed, or undefined when the person gave up. */
export async function chooseOptions(
  session: EditorSession,
  given: ActionSpec,
  where: string,
): Promise<ActionSpec | undefined> {
  let spec = given;
  let active: string | undefined;
  for (;;) {
    const rows = rowsOf(session, spec);
    const picked = await pickFrom([{ label: `$(check) Place the ${nameOf(spec)}` }, ...rows], where, active);
    if (picked === undefined) return undefined;
    // A log without a text cannot be placed: that is asked first.
    const isIncomplete = spec.kind === 'log' && spec.logMessage === undefined;
    const row = picked.change === undefined && isIncomplete ? rows[0] : picked;
    if (row?.change === undefined) return spec;
    active = row.label;
    const changed = { ...spec, ...(await row.change()) };
    spec = Object.fromEntries(
      Object.entries(changed).filter(([, value]) => value !== undefined),
    ) as unknown as ActionSpec;
  }
}

function rowsOf(session: EditorSession, spec: ActionSpec): Row[] {
  const { kind, uri, sampling } = spec;
  const isMetric = METRIC_KINDS.has(kind);
  /** Snapshots and logs, and durations that keep their slowest calls. */
  const hasHits = !isMetric || sampling?.by === 'slowest';
  const hasFrames = kind === 'snapshot' || (isMetric && hasHits);
  const expression = (name: string, prompt: string, required?: string) => async () => {
    const answer = await ask(session, uri, 'expression', {
      title: name,
      prompt,
      value: spec.expression ?? '',
      ...(required !== undefined && { required }),
    });
    return answer && { expression: answer.text.trim() || undefined };
  };
  const all: (Row | false)[] = [
    kind === 'log' && {
      label: '$(output) Text',
      description: spec.logMessage ?? '',
      change: async () => {
        const answer = await ask(session, uri, 'template', {
          title: 'Text of the log',
          prompt: 'Text with {expressions}.',
          value: spec.logMessage ?? '',
          required: 'Type the text of the log',
        });
        return answer && { logMessage: answer.text };
      },
    },
    kind === 'metric' && {
      label: '$(symbol-number) Number',
      description: spec.expression ?? '',
      change: expression('Number to measure', 'What it is each time the line runs.', 'Type what is to be measured'),
    },
    kind === 'counter' && {
      label: '$(list-tree) Count by',
      description: spec.expression ?? 'all together',
      change: expression('Count by', 'One count for each value; empty counts all together.'),
    },
    {
      label: '$(filter) Condition',
      description: spec.condition ?? 'none',
      change: async () => {
        const answer = await ask(session, uri, 'condition', {
          title: 'Condition',
          prompt: 'Only when this is true. Empty takes it away.',
          value: spec.condition ?? '',
          placeHolder: 'total > 100',
        });
        return answer && { condition: answer.text.trim() || undefined };
      },
    },
    (kind === 'snapshot' || kind === 'log' || kind === 'duration') && {
      label: '$(pulse) Which executions',
      description: samplingText(kind, sampling),
      change: () => askSampling(session, spec),
    },
    hasFrames && {
      label: '$(eye) Watch',
      description: spec.watch?.join(' · ') ?? 'nothing more',
      change: async () => ({ watch: await askWatches(session, uri, spec.watch ?? []) }),
    },
    hasFrames && {
      label: '$(layers) Variables of',
      description: framesText(spec.framesWithLocals ?? 1),
      change: askFrames,
    },
    kind === 'log' && { label: '$(warning) Level', description: spec.level ?? 'info', change: askLevel },
    kind === 'log' && {
      label: '$(go-to-file) Goes to',
      description: DESTINATIONS[spec.destination ?? 'both'],
      change: askDestination,
    },
    hasHits && {
      label: '$(list-ordered) Hits at most',
      description: String(spec.maxHits ?? DEFAULT_MAX_HITS[kind === 'log' ? 'log' : 'snapshot']),
      change: async () => {
        const maxHits = await askNumber(
          { title: 'Hits at most', prompt: 'Over all agents together, exactly.', value: String(spec.maxHits ?? '') },
          { least: 1, most: MAXIMUM_MAX_HITS },
        );
        return maxHits === undefined ? undefined : { maxHits };
      },
    },
    {
      label: '$(watch) Ends after',
      description:
        LIFETIMES.find(([seconds]) => seconds === (spec.expiresSec ?? DEFAULT_LIFETIME_MS / 1000))?.[1] ?? '',
      change: askLifetime,
    },
    {
      label: '$(target) Goes to',
      description: spec.target ?? session.state?.target ?? 'all',
      change: async () => {
        const target = await askTarget(session, 'This action goes to');
        return target === undefined ? undefined : { target };
      },
    },
    {
      label: '$(beaker) First on',
      description: canaryText(spec.canary),
      change: askCanary,
    },
  ];
  return all.filter((row) => row !== false);
}

function nameOf({ kind }: ActionSpec): string {
  return kind === 'tictoc' ? 'tic & toc' : kind;
}

function pickFrom(rows: Row[], where: string, active: string | undefined): Promise<Row | undefined> {
  const pick = window.createQuickPick<Row>();
  Object.assign(pick, { title: where, placeholder: 'Choose what to change, or place it', ignoreFocusOut: true });
  pick.items = rows;
  pick.activeItems = rows.filter(({ label }) => label === active);
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]);
      pick.dispose();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** One box after another, until one stays empty. */
export async function askWatches(session: EditorSession, uri: string, given: readonly string[]): Promise<string[]> {
  const watches: string[] = [];
  for (let at = 0; at < MAX_WATCHES; at += 1) {
    const answer = await ask(session, uri, 'expression', {
      title: `Watch, ${at + 1} of at most ${MAX_WATCHES}`,
      prompt: 'A value to capture beside the variables. Empty ends the list.',
      value: given[at] ?? '',
    });
    if (answer === undefined) return [...given];
    if (answer.text.trim() === '') break;
    watches.push(answer.text);
  }
  return watches;
}

function framesText(count: number): string {
  return count === 1 ? 'the top frame' : `the top ${count} frames`;
}

async function askFrames() {
  const detail = (frames: number) =>
    frames === 1
      ? 'the service is never held up'
      : 'in Node.js each hit holds the service up for about half a millisecond; refused where it would be longer';
  const items = [1, 2, 3, 4, 5].map((frames) => ({ label: framesText(frames), detail: detail(frames), frames }));
  const picked = await window.showQuickPick(items, { title: 'Frames whose variables are captured' });
  return picked && { framesWithLocals: picked.frames };
}

async function askLevel() {
  const level = await window.showQuickPick([...LEVELS], { title: 'Level' });
  return level === undefined ? undefined : { level: level as (typeof LEVELS)[number] };
}

async function askDestination() {
  const names = Object.keys(DESTINATIONS) as (keyof typeof DESTINATIONS)[];
  const items = names.map((name) => ({ label: DESTINATIONS[name], name }));
  const picked = await window.showQuickPick(items, { title: 'Lines go to' });
  return picked && { destination: picked.name };
}

async function askLifetime() {
  const expiresSec = await pickLifetime('Ends by itself after');
  return expiresSec === undefined ? undefined : { expiresSec };
}

/** Seconds. */
export async function pickLifetime(title: string): Promise<number | undefined> {
  const items = LIFETIMES.map(([seconds, label]) => ({ label, seconds }));
  return (await window.showQuickPick(items, { title }))?.seconds;
}

function canaryText(canary: ActionSpec['canary']): string {
  if (canary === undefined) return 'all of them at once';
  const { agents, watchMs } = { ...DEFAULT_CANARY, ...canary };
  return `${agents === 1 ? 'one agent' : `${agents} agents`}, watched for ${watchMs / 1000} s`;
}

/** The bounds stay the standard ones: at most twice the delay, one failed request in a hundred more. */
async function askCanary() {
  const all = 'All of them at once';
  const one = 'One agent first';
  const some = 'Some agents first…';
  const detail = 'Withdrawn when its event loop or requests get slower, or fail; otherwise it goes to all';
  const items = [{ label: all }, { label: one, detail }, { label: some, detail }];
  const picked = await window.showQuickPick(items, { title: 'First on' });
  if (picked === undefined) return undefined;
  if (picked.label === all) return { canary: undefined };
  if (picked.label === one) return { canary: {} };
  const agents = await askNumber({ title: some, prompt: 'How many are tried first.' }, { least: 1, most: 100 });
  if (agents === undefined) return undefined;
  const seconds = await askNumber(
    { title: some, prompt: 'Seconds they are watched.', value: String(DEFAULT_CANARY.watchMs / 1000) },
    { least: 1, most: 3600 },
  );
  return seconds === undefined ? undefined : { canary: { agents, watchMs: seconds * 1000 } };
}
