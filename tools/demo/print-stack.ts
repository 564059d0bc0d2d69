/** A captured stack as text, asked from the debug adapter as an editor asks it. */
import type { DapClient } from '@stillframe/test-kit/dap-client';

const FRAMES_SHOWN = 5;
const FIELDS_SHOWN = 8;

/** Lines such as `checkout  src/orders.ts:42` with the variables of the first frame below it. */
export async function stackLines(adapter: DapClient, threadId: number): Promise<string[]> {
  const { stackFrames, totalFrames = 0 } = await adapter.request('stackTrace', { threadId });
  const lines: string[] = [];
  for (const [at, frame] of stackFrames.slice(0, FRAMES_SHOWN).entries()) {
    const place = frame.source?.path === undefined ? '' : `  ${frame.source.path}:${frame.line}`;
    lines.push(`${frame.name}${place}`);
    if (at === 0) lines.push(...(await scopeLines(adapter, frame.id)));
  }
  if (totalFrames > FRAMES_SHOWN) lines.push(`… ${totalFrames - FRAMES_SHOWN} more frames`);
  return lines;
}

async function scopeLines(adapter: DapClient, frameId: number): Promise<string[]> {
  const { scopes } = await adapter.request('scopes', { frameId });
  const lines: string[] = [];
  for (const { name, variablesReference } of scopes) {
    lines.push(`    ${name}`);
    const { variables } = await adapter.request('variables', { variablesReference });
    for (const variable of variables) {
      lines.push(`      ${variable.name} = ${variable.value}`);
      if (variable.variablesReference === 0) continue;
      const inner = await adapter.request('variables', { variablesReference: variable.variablesReference });
      for (const field of inner.variables.slice(0, FIELDS_SHOWN)) lines.push(`        ${field.name}: ${field.value}`);
    }
  }
  return lines;
}
