import type { SourceListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';

export function listSources({ sources }: ServerContext): SourceListResult {
  return { sources: [...sources.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
