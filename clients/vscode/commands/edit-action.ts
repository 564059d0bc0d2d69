/** Changing what is placed: its condition or text at once, everything else a running action takes behind "More options…". */
import { METRIC_KINDS } from '@stillframe/protocol/action';
import { MAXIMUM_MAX_HITS } from '@stillframe/protocol/limits';
import type { EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import { type QuickPickItem, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { pickLifetime } from './action-options.ts';
import { ask, askNumber } from './ask.ts';

interface Patch {
  condition?: string | null;
  logMessage?: string;
  level?: string;
  maxHits?: number;
  expiresSec?: number;
}

interface Change extends QuickPickItem {
  patch(): Promise<Patch | undefined>;
}

/** `selection` is text of the editor that may be meant as the condition. */
export async function editAction(
  session: EditorSession,
  action: EditorAction | undefined,
  selection?: string,
): Promise<void> {
  if (action === undefined) throw new Error('this action is gone already');
  const uri = action.place?.uri ?? `file:///${action.deployed.path}`;
  const update = (patch: Patch) => session.execute('stillframe.action.update', { id: action.id, patch });
  const answer = await (action.kind === 'log'
    ? askText(session, uri, action)
    : askCondition(session, uri, action, selection));
  if (answer === undefined) return;
  if (!answer.more) {
    await update(action.kind === 'log' ? { logMessage: answer.text } : { condition: answer.text.trim() || null });
    return;
  }
  const picked = await window.showQuickPick(changesOf(session, uri, action), { title: action.label });
  const patch = await picked?.patch();
  if (patch !== undefined) await update(patch);
}

function askText(session: EditorSession, uri: string, { label, template = '' }: EditorAction) {
  return ask(session, uri, 'template', {
    title: label,
    prompt: 'Text with {expressions}.',
    value: template,
    required: 'Type the text of the log',
    hasMore: true,
  });
}

function askCondition(session: EditorSession, uri: string, { label, condition = '' }: EditorAction, selection = '') {
  return ask(session, uri, 'condition', {
    title: label,
    prompt: 'Only when this is true; empty takes the condition away.',
    value: selection || condition,
    hasMore: true,
  });
}

/** What is fixed once it runs (which executions, which frames, which agents) takes a new action. */
function changesOf(session: EditorSession, uri: string, action: EditorAction): Change[] {
  const { kind, condition, hits, maxHits } = action;
  const isLog = kind === 'log';
  const logLevels = ['debug', 'info', 'warn', 'error'];
  const all: (Change | false)[] = [
    isLog && {
      label: '$(filter) Condition',
      description: condition ?? 'none',
      async patch() {
        const answer = await askCondition(session, uri, action);
        return answer && { condition: answer.text.trim() || null };
      },
    },
    isLog && {
      label: '$(warning) Level',
      async patch() {
        const level = await window.showQuickPick(logLevels, { title: 'Level' });
        return level === undefined ? undefined : { level };
      },
    },
    (!METRIC_KINDS.has(kind) || hits > 0) && {
      label: '$(list-ordered) Hits at most',
      description: `${maxHits}, of which ${hits} are there`,
      async patch() {
        const most = await askNumber(
          { title: 'Hits at most', prompt: 'Over all agents together, exactly.', value: String(maxHits) },
          { least: 1, most: MAXIMUM_MAX_HITS },
        );
        return most === undefined ? undefined : { maxHits: most };
      },
    },
    {
      label: '$(watch) Ends after',
      description: 'counted from now',
      async patch() {
        const expiresSec = await pickLifetime('Ends by itself, from now, after');
        return expiresSec === undefined ? undefined : { expiresSec };
      },
    },
  ];
  return all.filter((change) => change !== false);
}
