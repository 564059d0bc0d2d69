/** Hands an action to the language server; what came of it stands in the status bar for a moment. */
import type { ActionPlaced, ActionSpec } from '@stillframe/protocol/messages/editor-extensions';
import { window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';

export async function place(session: EditorSession, spec: ActionSpec, where: string): Promise<void> {
  // Null when the person looked at the difference to the deployed text and thought better of it.
  const placed = await session.execute<ActionPlaced | null>('stillframe.action.create', spec);
  if (placed === null) return;
  const name = spec.kind === 'tictoc' ? 'tic & toc' : spec.kind;
  window.setStatusBarMessage(`$(check) Stillframe: ${name} placed in ${where}`, 5000);
}
