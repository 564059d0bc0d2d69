/**
 * `stillframe.auth.status`, `.login` and `.logout`. A token comes in through a file of the client's, read once, and goes to
 * the keychain: arguments of commands are printed by every trace of the protocol.
 */
import { readFile } from 'node:fs/promises';

import { forgetToken, storeToken } from '@stillframe/management-client/sign-in';
import { requestError } from '@stillframe/protocol/errors';
import { z } from 'zod';
import type { Session } from '../../state/session.ts';

export const StatusShape = z.object({});

export function authStatus(session: Session): { server: string; state: string; user?: string; reason?: string } {
  const { url, state, user, stateReason } = session.link;
  return {
    server: url,
    state,
    ...(user !== undefined && { user }),
    ...(stateReason !== undefined && { reason: stateReason }),
  };
}

export const LoginShape = z.object({
  /** A file that only the person can read, with the token alone in it. The client removes it afterwards. */
  tokenFile: z.string().min(1).max(4096),
  /** The person allowed a file, having been told that there is no keychain. */
  insecure: z.boolean().optional(),
});

/** `needsConsent` asks the client to tell the person that there is no keychain, and to call again with `insecure`. */
export async function login(
  session: Session,
  { tokenFile, insecure = false }: z.infer<typeof LoginShape>,
): Promise<{ where: string } | { needsConsent: string }> {
  const token = (await readToken(tokenFile)).trim();
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw requestError('invalidParams', 'Paste the token alone: it has no spaces');
  const stored = await storeToken(session.link.url, token, { insecure });
  if ('problem' in stored) return { needsConsent: stored.problem };
  await session.reconnect();
  return stored;
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw requestError('invalidParams', `Write the token to a file first: ${file} cannot be read`);
  }
}

export const LogoutShape = z.object({});

export async function logout(session: Session): Promise<{ server: string }> {
  const { url } = session.link;
  await forgetToken(url);
  await session.reconnect();
  return { server: url };
}
