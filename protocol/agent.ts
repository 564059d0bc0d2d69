/** Who is connected and what they run. */
import { z } from 'zod';
import { ActionKind, Sha256, Tag } from './action.ts';

export const Runtime = z.enum(['node', 'python', 'jvm']);
export type Runtime = z.infer<typeof Runtime>;

/** What was deployed, where the service says so (environment, labels, manifest). */
export const DeployedVersion = z.object({
  repository: z.string().max(500).optional(),
  commit: z.string().max(64).optional(),
  build: z.string().max(200).optional(),
});
export type DeployedVersion = z.infer<typeof DeployedVersion>;

/** What an agent says of itself in `hello`. */
export const AgentDescription = z.object({
  /** Made once per process (UUID); with a hit's sequence it names the hit, so a reconnect never stores twice. */
  id: z.string().min(8).max(64),
  name: z.string().min(1).max(200),
  tags: z.array(Tag).max(50),
  runtime: Runtime,
  runtimeVersion: z.string().max(50),
  agentVersion: z.string().max(50),
  host: z.string().max(255),
  pid: z.int().min(0),
  startedAt: z.number(),
  workingDirectory: z.string().max(4096).optional(),
  deployed: DeployedVersion.optional(),
  /** The kinds this agent can carry out. */
  kinds: z.array(ActionKind),
});
export type AgentDescription = z.infer<typeof AgentDescription>;

/** An agent as editors see it. */
export const AgentInfo = AgentDescription.extend({
  connected: z.boolean(),
  connectedAt: z.number(),
  lastSeenAt: z.number(),
});
export type AgentInfo = z.infer<typeof AgentInfo>;

/** A file an agent has loaded, or an original behind one's source map. Paths as the agent's machine spells them. */
export const LoadedFile = z.object({
  path: z.string().min(1).max(4096),
  /** Of the text as loaded, or of the original's text where a source map carries or names it; absent when unknown. */
  sha256: Sha256.optional(),
  /** Git's blob id (SHA-1) of the same text. */
  gitBlob: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  lines: z.int().min(0).optional(),
  /** The executed file this original was found behind. */
  generatedPath: z.string().max(4096).optional(),
});
export type LoadedFile = z.infer<typeof LoadedFile>;
