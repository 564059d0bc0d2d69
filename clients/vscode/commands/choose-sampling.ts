/** Which of the matching executions become hits. */
import type { ActionKind, SamplingDraft } from '@stillframe/protocol/action';
import type { ActionSpec } from '@stillframe/protocol/messages/editor-extensions';
import { type QuickPickItem, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { ask, askNumber } from './ask.ts';

/** An hour, in milliseconds: slower calls than that are no calls. */
const SLOWEST_ABOVE_MS = 3_600_000;
const DAY_SECONDS = 86_400;

export function samplingText(kind: ActionKind, sampling: SamplingDraft | undefined): string {
  switch (sampling?.by) {
    case 'interval':
      return `at most one in ${sampling.everyMs / 1000} s`;
    case 'distinct':
      return `one for each value of ${sampling.expression}`;
    case 'slowest':
      return sampling.aboveMs === undefined
        ? 'figures, and a snapshot of each call slower than all before'
        : `figures, and a snapshot of each call slower than ${sampling.aboveMs} ms`;
    default:
      return kind === 'duration' ? 'figures alone' : 'the first ones, as fast as the budgets allow';
  }
}

interface Choice extends QuickPickItem {
  sampling(): Promise<{ sampling: SamplingDraft | undefined } | undefined>;
}

export async function askSampling(
  session: EditorSession,
  { kind, uri, sampling }: ActionSpec,
): Promise<{ sampling?: SamplingDraft | undefined } | undefined> {
  const plain: Choice = { label: samplingText(kind, undefined), sampling: async () => ({ sampling: undefined }) };
  const choices = kind === 'duration' ? [plain, ...slowest()] : [plain, ...spread(session, uri, sampling)];
  const picked = await window.showQuickPick(choices, { title: 'Which executions' });
  return picked?.sampling();
}

function slowest(): Choice[] {
  return [
    {
      label: samplingText('duration', { by: 'slowest' }),
      sampling: async () => ({ sampling: { by: 'slowest' } }),
    },
    {
      label: 'figures, and a snapshot of each call slower than…',
      async sampling() {
        const aboveMs = await askNumber(
          { title: 'Snapshots of calls slower than', prompt: 'Milliseconds.', placeHolder: '250' },
          { least: 0, most: SLOWEST_ABOVE_MS, whole: false },
        );
        return aboveMs === undefined ? undefined : { sampling: { by: 'slowest', aboveMs } };
      },
    },
  ];
}

function spread(session: EditorSession, uri: string, given: SamplingDraft | undefined): Choice[] {
  return [
    {
      label: 'at most one in…',
      async sampling() {
        const seconds = await askNumber(
          { title: 'At most one in', prompt: 'Seconds. Each agent for itself.', placeHolder: '10' },
          { least: 0.01, most: DAY_SECONDS, whole: false },
        );
        return seconds === undefined
          ? undefined
          : { sampling: { by: 'interval', everyMs: Math.round(seconds * 1000) } };
      },
    },
    {
      label: 'one for each value of…',
      async sampling() {
        const answer = await ask(session, uri, 'expression', {
          title: 'One for each value of',
          prompt: 'Each agent for itself, a thousand values at most.',
          placeHolder: 'order.country',
          value: given?.by === 'distinct' ? given.expression : '',
          required: 'Type an expression',
        });
        return answer && { sampling: { by: 'distinct', expression: answer.text } };
      },
    },
  ];
}
