/** Who may open a WebSocket: the right path, no web page, the right key. Decided before the handshake is answered. */
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../auth/key-check.ts';
import { pathOf } from './path-of.ts';

export interface UpgradeRules {
  agentKey: (presented: string) => boolean;
  ideToken: (presented: string) => boolean;
  /** Seconds to wait when an address has failed too often. */
  failed: (address: string) => number | undefined;
  /** Names by which this server may be called; undefined when it listens for others too. */
  allowedHosts: ReadonlySet<string> | undefined;
}

export type Admission =
  | { endpoint: 'agent' | 'ide' }
  | { status: number; reason: string; endpoint?: 'agent' | 'ide'; retryAfter?: number };

export function admitUpgrade(request: IncomingMessage, rules: UpgradeRules): Admission {
  const path = pathOf(request);
  const endpoint = path === '/agent' ? 'agent' : path === '/ide' ? 'ide' : undefined;
  if (endpoint === undefined) return { status: 404, reason: 'Connect to /agent or /ide' };
  // Editors and agents send no Origin. A web page always does, and a page must never reach a server on loopback.
  if (request.headers.origin !== undefined) return { status: 403, reason: 'Web pages may not connect', endpoint };
  if (rules.allowedHosts !== undefined && !rules.allowedHosts.has(hostOf(request))) {
    return { status: 403, reason: 'Connect by localhost or the loopback address', endpoint };
  }
  const presented = bearerToken(request.headers.authorization);
  const isRight = endpoint === 'agent' ? rules.agentKey : rules.ideToken;
  if (presented !== undefined && isRight(presented)) return { endpoint };
  const retryAfter = rules.failed(request.socket.remoteAddress ?? 'unknown');
  if (retryAfter !== undefined) {
    return { status: 429, reason: `Wait ${retryAfter} s: too many failed sign-ins`, endpoint, retryAfter };
  }
  const what = endpoint === 'agent' ? 'agent key' : 'token';
  return { status: 401, reason: presented === undefined ? `Send the ${what}` : `The ${what} is not right`, endpoint };
}

/** A page may point its own name at loopback (DNS rebinding); the name it then sends gives it away. */
function hostOf(request: IncomingMessage): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}
