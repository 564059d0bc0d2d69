/** `stillframe.auth.status`, `.login` and `.logout`. A token comes in as an argument once and goes to the keychain. */

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
  token: z.string().trim().min(1).max(4096),
  /** The person allowed a file, having been told that there is no keychain. */
  insecure: z.boolean().optional(),
});

/** `needsConsent` asks the client to tell the person that there is no keychain, and to call again with `insecure`. */
export async function login(
  session: Session,
  { token, insecure = false }: z.infer<typeof LoginShape>,
): Promise<{ where: string } | { needsConsent: string }> {
  if (/[^\x21-\x7e]/.test(token)) throw requestError('invalidParams', 'Paste the token alone: it has no spaces');
  const stored = await storeToken(session.link.url, token, { insecure });
  if ('problem' in stored) return { needsConsent: stored.problem };
  await session.reconnect();
  return stored;
}

export const LogoutShape = z.object({});

export async function logout(session: Session): Promise<{ server: string }> {
  const { url } = session.link;
  await forgetToken(url);
  await session.reconnect();
  return { server: url };
}
