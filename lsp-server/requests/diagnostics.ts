/** `textDocument/publishDiagnostics`: actions that will not fire, expressions that fail, text that differs. */
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import { agentStateOf } from '../state/live-text.ts';
import type { OpenDocument } from '../state/open-document.ts';
import type { Session } from '../state/session.ts';

export async function diagnosticsOf(session: Session, document: OpenDocument): Promise<Diagnostic[]> {
  if (session.link.state !== 'connected') return [];
  const diagnostics: Diagnostic[] = [];
  for (const { info, line } of await session.actionsIn(document)) {
    for (const { severity, message } of problemsOf(info)) {
      if (session.settings.diagnostics === 'errors' && severity === DiagnosticSeverity.Information) continue;
      const text = document.line(line);
      const start = text.length - text.trimStart().length;
      diagnostics.push({
        range: { start: { line, character: start }, end: { line, character: text.length } },
        severity,
        source: 'stillframe',
        code: info.id,
        message,
      });
    }
  }
  return diagnostics;
}

function problemsOf(info: ActionInfo): { severity: DiagnosticSeverity; message: string }[] {
  if (info.state !== 'active') return [];
  const connected = info.agents.filter((agent) => agent.connected);
  const state = agentStateOf(info);
  if (state === 'rejected' || state === 'suspended') {
    return [{ severity: DiagnosticSeverity.Error, message: `This ${info.kind} will not fire. ${info.summary}` }];
  }
  const failing = connected.find(({ lastError, counts }) => lastError !== undefined && counts.failed > 0);
  if (failing !== undefined) {
    const times = `${failing.counts.failed} of ${failing.counts.evaluated} times`;
    return [{ severity: DiagnosticSeverity.Warning, message: `The expression fails (${times}): ${failing.lastError}` }];
  }
  const warning = connected.flatMap(({ links }) => links).find((link) => link.state === 'warning');
  if (warning?.reason !== undefined) return [{ severity: DiagnosticSeverity.Warning, message: warning.reason }];
  if (state === undefined || state === 'pending') {
    return [{ severity: DiagnosticSeverity.Information, message: info.summary }];
  }
  return [];
}
