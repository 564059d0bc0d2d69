/** `textDocument/publishDiagnostics`: actions that will not fire, expressions that fail, text that differs. */
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { type Diagnostic, DiagnosticSeverity, type PublishDiagnosticsParams } from 'vscode-languageserver';
import { agentStateOf } from '../state/live-text.ts';
import type { OpenDocument } from '../state/open-document.ts';
import type { Session } from '../state/session.ts';
import { hintText } from './inlay-hint.ts';

export interface DiagnosticsPublisher {
  /** Sends the diagnostics of a document, unless the editor has them already. */
  publish(document: OpenDocument): Promise<void>;
  /** The document is closed. */
  clear(uri: string): Promise<void>;
}

export function diagnosticsPublisher(
  session: Session,
  send: (params: PublishDiagnosticsParams) => Promise<void>,
): DiagnosticsPublisher {
  const sent = new Map<string, string>();
  return {
    async publish(document) {
      const { uri } = document;
      const diagnostics = await diagnosticsOf(session, document);
      const text = JSON.stringify(diagnostics);
      // What was never told of has none; closed ones must not come back.
      if (text === (sent.get(uri) ?? '[]') || session.documents.get(uri) !== document) return;
      sent.set(uri, text);
      await send({ uri, diagnostics });
    },
    async clear(uri) {
      if ((sent.get(uri) ?? '[]') !== '[]') await send({ uri, diagnostics: [] });
      sent.delete(uri);
    },
  };
}

async function diagnosticsOf(session: Session, document: OpenDocument): Promise<Diagnostic[]> {
  if (!session.isStarted || session.link.state !== 'connected') return [];
  const diagnostics: Diagnostic[] = [];
  for (const { info, line } of await session.actionsIn(document)) {
    const problem = problemOf(info) ?? (await liveLine(session, document, info, line));
    if (problem === undefined) continue;
    const isNews = problem.severity === DiagnosticSeverity.Information || problem.severity === DiagnosticSeverity.Hint;
    if (session.settings.diagnostics === 'errors' && isNews) continue;
    const text = document.line(line);
    const start = text.length - text.trimStart().length;
    diagnostics.push({
      range: { start: { line, character: start }, end: { line, character: text.length } },
      source: 'stillframe',
      code: info.id,
      ...problem,
    });
  }
  return diagnostics;
}

/** How it is doing, for editors that have neither lenses nor a way to be told that hints are old. */
async function liveLine(
  session: Session,
  document: OpenDocument,
  info: ActionInfo,
  line: number,
): Promise<Pick<Diagnostic, 'severity' | 'message'> | undefined> {
  if (session.hasLenses) return undefined;
  return { severity: DiagnosticSeverity.Hint, message: await hintText(session, document, info, line) };
}

/** The worst that is to be said of an action that should fire. */
function problemOf(info: ActionInfo): Pick<Diagnostic, 'severity' | 'message'> | undefined {
  if (info.state === 'withdrawn') {
    return { severity: DiagnosticSeverity.Warning, message: `This ${info.kind} is gone. ${info.summary}` };
  }
  if (info.state !== 'active') return undefined;
  const connected = info.agents.filter((agent) => agent.connected);
  const state = agentStateOf(info);
  if (state === 'rejected' || state === 'suspended') {
    const fate = METRIC_KINDS.has(info.kind) ? 'will not measure' : 'will not fire';
    return { severity: DiagnosticSeverity.Error, message: `This ${info.kind} ${fate}. ${info.summary}` };
  }
  const failing = connected.find(({ lastError, counts }) => lastError !== undefined && counts.failed > 0);
  if (failing !== undefined) {
    const times = `${failing.counts.failed} of ${failing.counts.evaluated} times`;
    return { severity: DiagnosticSeverity.Warning, message: `The expression fails (${times}): ${failing.lastError}` };
  }
  const warning = connected.flatMap(({ links }) => links).find((link) => link.state === 'warning');
  if (warning?.reason !== undefined) return { severity: DiagnosticSeverity.Warning, message: warning.reason };
  if (state === undefined || state === 'pending') {
    return { severity: DiagnosticSeverity.Information, message: info.summary };
  }
  return neverTrue(info);
}

/** What a condition saw that was never true. Without the count of times, which would be another message every second. */
function neverTrue({ condition, agents }: ActionInfo): Pick<Diagnostic, 'severity' | 'message'> | undefined {
  if (condition === undefined || agents.some(({ counts }) => counts.matched > 0)) return undefined;
  const values = agents.find(({ lastValues = [] }) => lastValues.length > 0)?.lastValues ?? [];
  if (values.length === 0) return undefined;
  const seen = values.map(({ text, value }) => `${text} = ${value}`).join(', ');
  return {
    severity: DiagnosticSeverity.Information,
    message: `The condition was never true so far; last it saw ${seen}`,
  };
}
