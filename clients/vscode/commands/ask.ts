/** Input boxes whose text the language server checks while it is typed. */
import { ExpressionCheck, type ExpressionCheckParams } from '@stillframe/protocol/messages/editor-extensions';
import { type QuickInputButton, ThemeIcon, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';

export interface Question {
  title: string;
  prompt: string;
  placeHolder?: string;
  value?: string;
  /** What is said when nothing is typed; without it nothing is an answer. */
  required?: string;
  /** Offers a button to what else can be chosen. */
  hasMore?: boolean;
}

export interface Answer {
  text: string;
  /** The person wants to choose more before it is placed. */
  more: boolean;
}

const MORE: QuickInputButton = { iconPath: new ThemeIcon('settings-gear'), tooltip: 'More options…' };

/** Undefined when the person gave up. */
export function ask(
  session: EditorSession,
  uri: string,
  kind: ExpressionCheckParams['kind'],
  question: Question,
): Promise<Answer | undefined> {
  return askChecked(question, async (text) => {
    const { problem } = await session.client.sendRequest<{ problem?: { message: string } }>(ExpressionCheck.method, {
      uri,
      text,
      kind,
    });
    return problem?.message;
  });
}

/** A whole or decimal number within bounds; undefined when the person gave up. */
export async function askNumber(
  question: Question,
  { least, most, whole = true }: { least: number; most: number; whole?: boolean },
): Promise<number | undefined> {
  const bounds = `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  const answer = await askChecked({ required: `Type a number, ${bounds}`, ...question }, async (text) => {
    const value = Number(text);
    const isRight = value >= least && value <= most && (!whole || Number.isInteger(value));
    return isRight ? undefined : `Type a ${whole ? 'whole ' : ''}number, ${bounds}`;
  });
  return answer === undefined ? undefined : Number(answer.text);
}

function askChecked(
  { title, prompt, placeHolder, value = '', required, hasMore = false }: Question,
  check: (text: string) => Promise<string | undefined>,
): Promise<Answer | undefined> {
  const box = window.createInputBox();
  Object.assign(box, { title, prompt, value, ignoreFocusOut: true, buttons: hasMore ? [MORE] : [] });
  if (placeHolder !== undefined) box.placeholder = placeHolder;

  const problemOf = async (text: string) => (text.trim() === '' ? required : check(text));
  async function judge(): Promise<boolean> {
    const text = box.value;
    const problem = await problemOf(text);
    // The answer to what has been typed over meanwhile is of no use.
    if (text !== box.value) return false;
    box.validationMessage = problem;
    return problem === undefined;
  }

  return new Promise((resolve, reject) => {
    const done = (answer: Answer | undefined) => {
      resolve(answer);
      box.dispose();
    };
    const failed = (error: unknown) => {
      reject(error);
      box.dispose();
    };
    box.onDidChangeValue(() => void judge().catch(failed));
    box.onDidAccept(async () => {
      try {
        if (await judge()) done({ text: box.value, more: false });
      } catch (error) {
        failed(error);
      }
    });
    box.onDidTriggerButton(() => done({ text: box.value, more: true }));
    box.onDidHide(() => done(undefined));
    box.show();
  });
}
