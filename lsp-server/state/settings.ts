/** Settings of the client, from `initializationOptions` and `workspace/didChangeConfiguration`. Wrong parts are left out. */
import type { EditorOptions } from '@stillframe/protocol/messages/editor-extensions';
import { z } from 'zod';

const text = z.string().max(2000).optional().catch(undefined);

const Shape = z.object({
  server: text,
  target: text,
  codeLens: z.enum(['off', 'active', 'functions']).optional().catch(undefined),
  pathMappings: z
    .array(z.object({ localRoot: z.string().min(1).max(4096), remoteRoot: z.string().min(1).max(4096) }))
    .max(100)
    .optional()
    .catch(undefined),
  client: z
    .object({
      commands: z.array(z.string().max(200)).max(100).optional().catch(undefined),
      links: z.boolean().optional().catch(undefined),
      state: z.boolean().optional().catch(undefined),
      diagnostics: z.enum(['errors', 'all']).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export interface Settings {
  server: string | undefined;
  target: string | undefined;
  codeLens: 'off' | 'active' | 'functions';
  pathMappings: { localRoot: string; remoteRoot: string }[];
  commands: ReadonlySet<string>;
  links: boolean;
  state: boolean;
  diagnostics: 'errors' | 'all';
}

/** `before` keeps what a later change does not mention, above all what the client said of itself at the start. */
export function settingsFrom(raw: unknown, before?: Settings): Settings {
  const options: EditorOptions = cleaned(raw);
  const { client } = options;
  return {
    server: nonEmpty(options.server) ?? (before === undefined || options.server === '' ? undefined : before.server),
    target: nonEmpty(options.target) ?? (before === undefined || options.target === '' ? undefined : before.target),
    codeLens: options.codeLens ?? before?.codeLens ?? 'functions',
    pathMappings: options.pathMappings ?? before?.pathMappings ?? [],
    commands: client?.commands === undefined ? (before?.commands ?? new Set()) : new Set(client.commands),
    links: client?.links ?? before?.links ?? false,
    state: client?.state ?? before?.state ?? false,
    diagnostics: client?.diagnostics ?? before?.diagnostics ?? 'all',
  };
}

function cleaned(raw: unknown): EditorOptions {
  const parsed = Shape.safeParse(raw);
  return parsed.success ? (JSON.parse(JSON.stringify(parsed.data)) as EditorOptions) : {};
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}
