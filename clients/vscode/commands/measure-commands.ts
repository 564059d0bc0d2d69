/** "Measure…": durations, counts, numbers, and the time between two lines. */
import type { ActionSpec } from '@stillframe/protocol/messages/editor-extensions';
import { commands, type Disposable, type QuickPickItem, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { chooseOptions } from './action-options.ts';
import { ask, type Question } from './ask.ts';
import { cursorPlace } from './cursor-place.ts';
import { pickLine } from './pick-line.ts';
import { place } from './place-action.ts';
import { told } from './tell.ts';

/** Argument of the lens: the function's first line, or where the cursor is. */
interface MeasureArgument {
  uri: string;
  line: number;
  character?: number;
  functionName?: string;
  /** 0-based; where a selection ends. */
  endLine?: number;
}

interface Measure extends QuickPickItem {
  /** Undefined when the person gave up. `more`: wants to choose more first. */
  ask?: () => Promise<{ spec: ActionSpec; more: boolean } | undefined>;
}

export function addMeasureCommands(session: EditorSession): Disposable[] {
  const register = <A extends unknown[]>(name: string, work: (...args: A) => Promise<unknown>) =>
    commands.registerCommand(`stillframe.ui.${name}`, told(work));
  return [
    register('measure', (argument: MeasureArgument) => measure(session, argument)),
    register('measureHere', () => measure(session, cursorPlace())),
  ];
}

async function measure(session: EditorSession, argument: MeasureArgument): Promise<void> {
  const where = argument.functionName ?? `line ${argument.line + 1}`;
  const title = `Measure in ${where} · ${session.state?.target ?? 'all'}`;
  const more: Measure = {
    label: '$(settings-gear) More options…',
    detail: 'condition, lifetime, target, one agent first',
  };
  const measures = measuresOf(session, argument, title);
  let picked = await window.showQuickPick([...measures, more], { title, ignoreFocusOut: true });
  const wantsMore = picked === more;
  if (wantsMore)
    picked = await window.showQuickPick(measures, { title: `${title} · with options`, ignoreFocusOut: true });
  const made = await picked?.ask?.();
  if (made === undefined) return;
  const spec = wantsMore || made.more ? await chooseOptions(session, made.spec, title) : made.spec;
  if (spec !== undefined) await place(session, spec, where);
}

function measuresOf(session: EditorSession, argument: MeasureArgument, title: string): Measure[] {
  const { uri, line, character, functionName } = argument;
  const at = { uri, line, ...(character !== undefined && { character }) };
  const duration = { ...at, kind: 'duration', ...(functionName !== undefined && { functionName }) } as const;
  const asked = (kind: 'counter' | 'metric', question: Omit<Question, 'title'>) => async () => {
    const answer = await ask(session, uri, 'expression', { title, ...question, hasMore: true });
    return answer && { spec: { ...at, kind, expression: answer.text }, more: answer.more };
  };
  const called = functionName ?? 'the function round it';
  return [
    {
      label: `$(watch) Duration of ${called}`,
      detail: 'from entry to return: count, p50, p90, p99, maximum',
      ask: async () => ({ spec: duration, more: false }),
    },
    {
      label: `$(flame) Duration of ${called}, with its slowest calls`,
      detail: 'and a snapshot at the end of each call that is slower than all before',
      ask: async () => ({ spec: { ...duration, sampling: { by: 'slowest' } }, more: false }),
    },
    {
      label:
        functionName === undefined ? '$(symbol-number) Count how often this line runs' : '$(symbol-number) Count calls',
      ask: async () => ({ spec: { ...at, kind: 'counter' }, more: false }),
    },
    {
      label: '$(list-tree) Count by the value of an expression…',
      detail: 'one count for each value, such as order.country',
      ask: asked('counter', {
        prompt: 'One count for each value.',
        placeHolder: 'order.country',
        required: 'Type what to count by',
      }),
    },
    {
      label: '$(graph-line) Distribution of a number…',
      detail: 'what an expression is each time the line runs, such as order.total',
      ask: asked('metric', {
        prompt: 'A number, each time the line runs.',
        placeHolder: 'order.total',
        required: 'Type what to measure',
      }),
    },
    {
      label: '$(arrow-both) Time to another line…',
      detail: 'tic & toc: between two lines of one execution',
      async ask() {
        const endLine = await pickLine(uri, line, argument.endLine);
        return endLine === undefined ? undefined : { spec: { ...at, kind: 'tictoc', endLine }, more: false };
      },
    },
  ];
}
