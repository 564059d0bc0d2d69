/** The path a request names, without its query. */
import type { IncomingMessage } from 'node:http';

/** Empty for a target that is no address at all, such as `//[`: whoever has not signed in must not be able to throw here. */
export function pathOf(request: IncomingMessage): string {
  return URL.parse(request.url ?? '/', 'http://server')?.pathname ?? '';
}
