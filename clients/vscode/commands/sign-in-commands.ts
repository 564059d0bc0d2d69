/** Signing in and out. The token goes to the language server once, which puts it into the keychain; it is never a setting. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationTarget, commands, type Disposable, window, workspace } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { told } from './tell.ts';

export function addSignInCommands(session: EditorSession): Disposable[] {
  return [
    commands.registerCommand(
      'stillframe.ui.signIn',
      told(() => signIn(session)),
    ),
    commands.registerCommand(
      'stillframe.ui.signOut',
      told(() => signOut(session)),
    ),
    commands.registerCommand(
      'stillframe.ui.setServer',
      told(() => setServer(session)),
    ),
  ];
}

async function signIn(session: EditorSession): Promise<void> {
  const server = session.state?.server ?? 'the server';
  const token = await window.showInputBox({
    title: `Sign in to ${server}`,
    prompt: 'The token. A server writes its first one to the file "token" in its data directory.',
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'Paste the token' : undefined),
  });
  if (token === undefined) return;
  const stored = await login(session, token, false);
  if (stored.needsConsent === undefined) return said(stored.where);
  const allow = 'Keep it in a file';
  const question = 'Keep the token in a file that only you can read?';
  const choice = await window.showWarningMessage(question, { modal: true, detail: stored.needsConsent }, allow);
  if (choice !== allow) return;
  said((await login(session, token, true)).where);
}

/** Through a file for a moment: arguments of commands would be printed by a trace of the language server. */
async function login(
  session: EditorSession,
  token: string,
  insecure: boolean,
): Promise<{ where?: string; needsConsent?: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'stillframe-'));
  try {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, token, { mode: 0o600 });
    return await session.execute('stillframe.auth.login', { tokenFile, insecure });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function said(where: string | undefined): void {
  void window.showInformationMessage(`Stillframe: signed in; the token is in ${where ?? 'the keychain'}.`);
}

async function signOut(session: EditorSession): Promise<void> {
  const { server } = await session.execute<{ server: string }>('stillframe.auth.logout', {});
  void window.showInformationMessage(`Stillframe: the token for ${server} is forgotten.`);
}

async function setServer(session: EditorSession): Promise<void> {
  const server = await window.showInputBox({
    title: 'Stillframe server',
    prompt: 'Its address. Empty goes back to the default.',
    value: session.state?.server ?? '',
    placeHolder: 'https://debug.example.com',
    ignoreFocusOut: true,
    validateInput: (text) =>
      text === '' || /^(https?|wss?):\/\/[^/\s]+/.test(text) ? undefined : 'Write it like https://debug.example.com',
  });
  if (server === undefined) return;
  await workspace.getConfiguration('stillframe').update('server', server || undefined, ConfigurationTarget.Global);
}
