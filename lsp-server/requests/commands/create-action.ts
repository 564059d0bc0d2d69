/** `stillframe.action.create`: places an action, unless the text differs from what is deployed and nobody said "anyway". */
import { parseTarget } from '@stillframe/core/action/target-text';
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import type { DeployedMatch } from '@stillframe/core/source/path-map';
import {
  type ActionDraft,
  ActionKind,
  Canary,
  type Location,
  LogDestination,
  LogLevel,
  SamplingDraft,
  type Target,
} from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import { CaptureLimits } from '@stillframe/protocol/limits';
import type { ActionPlaced } from '@stillframe/protocol/messages/editor-extensions';
import { ActionCreate } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import { pathOfUri } from '../../convert/uri.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import { documentOnDisk, forgetFunctionsOf, functionsOf, type OpenDocument } from '../../state/open-document.ts';
import type { DeployedDocument, Session } from '../../state/session.ts';
import { showDeployedFile } from './show-deployed.ts';

export const ActionSpecShape = z.object({
  kind: ActionKind,
  uri: z.string().max(8192),
  line: z.int().min(0),
  endLine: z.int().min(0).optional(),
  functionName: z.string().max(300).optional(),
  expression: z.string().max(5000).optional(),
  sampling: SamplingDraft.optional(),
  canary: Canary.partial().optional(),
  framesWithLocals: CaptureLimits.shape.framesWithLocals.optional(),
  character: z.int().min(0).optional(),
  target: z.string().max(1000).optional(),
  condition: z.string().max(5000).optional(),
  logMessage: z.string().max(5000).optional(),
  level: LogLevel.optional(),
  destination: LogDestination.optional(),
  watch: z.array(z.string().max(5000)).max(20).optional(),
  maxHits: z.int().min(1).optional(),
  expiresSec: z.int().min(1).optional(),
  allowDrift: z.boolean().optional(),
  agentId: z.string().max(200).optional(),
});
type Spec = z.infer<typeof ActionSpecShape>;

const ANYWAY = 'Place anyway';
const SHOW = 'Show deployed text';

export async function createAction(session: Session, editor: EditorFace, spec: Spec): Promise<ActionPlaced | null> {
  const path = pathOfUri(spec.uri);
  const dialect = path === undefined ? undefined : dialectOf(path);
  if (path === undefined || dialect === undefined) {
    throw requestError('invalidParams', 'Choose a line in a saved JavaScript, TypeScript, Python, Java or Kotlin file');
  }
  const open = session.documentAt(spec.uri, path);
  const document = open ?? (await documentOnDisk(spec.uri, path));
  const match = await session.deployedFor(document);
  if (match.verdict === 'ambiguous') throw requestError('conflict', ambiguity(match));
  const warnings: string[] = [];
  if (match.drift === 'unknown' && match.driftText !== undefined) warnings.push(match.driftText);
  if ((match.drift === 'differs' || match.drift === 'unsaved') && spec.allowDrift !== true) {
    const question = `${match.driftText}, so ${linesOf(spec)} may mean other code there.`;
    const choice = await editor.ask(question, [ANYWAY, SHOW, 'Cancel']);
    if (choice === SHOW) await showFirst(session, editor, match, spec.line);
    if (choice !== ANYWAY) return null;
    warnings.push(`Placed although ${match.driftText}`);
  }
  const functionName = await functionElsewhere(document, spec);
  if (open === undefined) await forgetFunctionsOf(document);
  const info = await session.link.request(ActionCreate, {
    kind: spec.kind,
    location: { ...locationOf(match, path, spec.line), ...columnOf(spec) },
    target: await targetOf(session, spec),
    dialect,
    origin: session.clientName.slice(0, 100),
    ...(spec.endLine !== undefined && { endLocation: locationOf(match, path, spec.endLine) }),
    ...(functionName !== undefined && { functionName }),
    ...wishesOf(spec),
  });
  if (match.verdict === 'unmapped') {
    warnings.push(`${match.explanation}. The ${spec.kind} waits until one does`);
  }
  for (const warning of warnings) editor.warn(warning);
  const placed = match.files.map((file) => ({
    line: spec.line + 1,
    agents: file.agentIds.length,
    ...(file.sha256 !== undefined && { version: file.sha256 }),
  }));
  return { id: info.id, status: info.summary, placed, warnings };
}

/** What is said beside the place; an empty text says nothing. */
function wishesOf(spec: Spec): Partial<ActionDraft> {
  return {
    ...(spec.condition?.trim() && { condition: spec.condition }),
    ...(spec.logMessage?.trim() && { template: spec.logMessage }),
    ...(spec.expression?.trim() && { expression: spec.expression }),
    ...(spec.level !== undefined && { level: spec.level }),
    ...(spec.destination !== undefined && { destination: spec.destination }),
    ...(spec.watch !== undefined && { watches: spec.watch }),
    ...(spec.sampling !== undefined && { sampling: spec.sampling }),
    ...(spec.canary !== undefined && { canary: spec.canary }),
    ...(spec.framesWithLocals !== undefined && { capture: { framesWithLocals: spec.framesWithLocals } }),
    ...(spec.maxHits !== undefined && { maxHits: spec.maxHits }),
    ...(spec.expiresSec !== undefined && { lifetimeMs: spec.expiresSec * 1000 }),
  };
}

function ambiguity({ files, explanation }: DeployedMatch): string {
  const some = files
    .slice(0, 3)
    .map((file) => file.path)
    .join(', ');
  return `Add a path mapping to .stillframe.json: ${explanation} (${some})`;
}

async function showFirst(session: Session, editor: EditorFace, match: DeployedMatch, line: number): Promise<void> {
  const [file] = match.files;
  if (file !== undefined) await showDeployedFile(session, editor, file, line);
}

/** A function round the line is found by its place: names as `post("/orders") callback` are made up here. */
async function functionElsewhere(document: OpenDocument, spec: Spec): Promise<string | undefined> {
  const wanted = spec.functionName?.trim();
  if (spec.kind !== 'duration' || !wanted) return undefined;
  const round = (await functionsOf(document)).filter(({ line, endLine }) => line <= spec.line && spec.line <= endLine);
  // Without a column the innermost one is meant.
  const meant = spec.character === undefined ? round.slice(-1) : round;
  return meant.some(({ name }) => name === wanted) ? undefined : wanted;
}

function columnOf({ character }: Spec): { column?: number } {
  return character === undefined ? {} : { column: character + 1 };
}

function linesOf({ line, endLine }: Spec): string {
  return endLine === undefined ? `line ${line + 1}` : `lines ${line + 1} and ${endLine + 1}`;
}

/** Without a deployed file the tail below the workspace folder is asked for, which an agent completes. `line` is 0-based. */
function locationOf(match: DeployedDocument, path: string, line: number): Location {
  const [file] = match.files;
  return { path: file?.path ?? tailOf(path), line: line + 1, sha256: match.sha256 };
}

function tailOf(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}

async function targetOf(session: Session, { agentId, target }: Spec): Promise<Target> {
  if (agentId !== undefined) return { by: 'agent', agent: agentId };
  if (target === undefined || target.trim() === '') {
    const standard = await session.defaultTarget();
    if (standard.problem !== undefined) throw requestError('invalidParams', standard.problem);
    return standard.target;
  }
  const parsed = parseTarget(target);
  if (parsed.target === undefined) throw requestError('invalidParams', parsed.problem ?? `"${target}" is no target`);
  return parsed.target;
}
