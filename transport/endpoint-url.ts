/** Server addresses as people write them (`http`, `https`, `ws`, `wss`), turned into the WebSocket address of one endpoint. */

const SCHEMES: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/** `endpointUrl('https://sf.example/live', '/ide')` is `wss://sf.example/live/ide`; a problem in words when it cannot be. */
export function endpointUrl(server: string, path: string): { url: string } | { problem: string } {
  const parsed = URL.canParse(server) ? new URL(server) : undefined;
  const scheme = SCHEMES[parsed?.protocol ?? ''];
  if (parsed === undefined || scheme === undefined) {
    return { problem: `Write the server's address like http://127.0.0.1:7070: "${server}" is not one` };
  }
  return { url: `${scheme}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}${path}` };
}
