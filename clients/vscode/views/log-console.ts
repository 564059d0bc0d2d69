/** The one home of log lines: a page in the panel. It keeps what came while it was out of sight. */
import { homedir } from 'node:os';
import type { EditorLogLine } from '@stillframe/protocol/messages/editor-extensions';
import { commands, Disposable, type ExtensionContext, Range, Uri, type WebviewView, window, workspace } from 'vscode';
import { told } from '../commands/tell.ts';
import type { EditorSession } from '../editor-session.ts';
import { pace } from '../pace.ts';
import { jsonOf, type LogEntry, type LogFilter, lineOf, passes } from '../webview/log-entries.ts';
import type { FromLogPage, ToLogPage } from '../webview/log-messages.ts';
import { LogStore } from './log-store.ts';
import { pageHtml, pageOptions } from './webview-page.ts';

const VIEW = 'stillframe.logs';
/** A busy action sends more often than a page can be drawn. */
const REST_MS = 100;

const BODY = `<div id="bar" role="toolbar" aria-label="Log lines">
<input id="text" type="search" placeholder="Filter" aria-label="Filter by text">
<select id="level" aria-label="Least level"></select>
<select id="agent" aria-label="Agent"></select>
<button id="pause" type="button" aria-pressed="false">Pause</button>
<button id="clear" type="button">Clear</button>
<button id="export" type="button">Export…</button>
<span id="count" class="note" role="status"></span>
</div>
<p id="gone" class="note" hidden></p>
<p id="empty" hidden></p>
<div id="lines" role="listbox" aria-label="Log lines, Enter goes to the line" tabindex="0"></div>
<button id="newest" type="button" hidden>Newest ↓</button>`;

export interface LogConsole extends Disposable {
  append(lines: readonly EditorLogLine[]): void;
}

export function registerLogConsole(context: ExtensionContext, session: EditorSession): LogConsole {
  const store = new LogStore();
  let view: WebviewView | undefined;
  let waiting: LogEntry[] = [];
  const send = (message: ToLogPage) => void view?.webview.postMessage(message);
  const drawing = pace(
    () => REST_MS,
    () => {
      if (waiting.length === 0) return;
      send({ type: 'new', entries: waiting, gone: store.gone });
      waiting = [];
    },
  );

  function came(entries: readonly LogEntry[]): void {
    if (view === undefined || entries.length === 0) return;
    waiting.push(...entries);
    drawing.ask();
  }

  function received(message: FromLogPage): unknown {
    switch (message.type) {
      case 'ready':
        waiting = [];
        return send({ type: 'all', entries: store.entries, gone: store.gone });
      case 'clear':
        store.clear();
        waiting = [];
        return send({ type: 'all', entries: [], gone: 0 });
      case 'reveal':
        return told(() => reveal(store, message.seq))();
      default:
        return told(() => exportLines(store, message.filter))();
    }
  }

  const parts = Disposable.from(
    drawing,
    window.registerWebviewViewProvider(VIEW, {
      resolveWebviewView(resolved) {
        view = resolved;
        const { webview } = resolved;
        webview.options = pageOptions(context.extensionUri);
        webview.onDidReceiveMessage(received);
        resolved.onDidDispose(() => {
          view = undefined;
        });
        webview.html = pageHtml(webview, context.extensionUri, { name: 'log-console', title: 'Log lines', body: BODY });
      },
    }),
    commands.registerCommand('stillframe.ui.showLog', () => commands.executeCommand(`${VIEW}.focus`)),
    session.onDidChange(({ connection, actions }) => {
      if (connection === 'connected') came(store.note(actions, Date.now()));
    }),
  );
  return { append: (lines) => came(store.add(lines)), dispose: () => parts.dispose() };
}

async function reveal(store: LogStore, seq: number): Promise<void> {
  const place = store.placeOf(seq);
  if (place === undefined) throw new Error('the file of this line is not in this workspace');
  const document = await workspace.openTextDocument(Uri.parse(place.uri));
  await window.showTextDocument(document, { selection: new Range(place.line, 0, place.line, 0) });
}

/** What the filter shows, as it was when the person asked for it. */
async function exportLines(store: LogStore, filter: LogFilter): Promise<void> {
  const entries = store.entries.filter((entry) => passes(entry, filter));
  if (entries.length === 0) throw new Error('there are no lines to export; wait for some, or widen the filter');
  const folder = workspace.workspaceFolders?.[0]?.uri ?? Uri.file(homedir());
  const to = await window.showSaveDialog({
    title: `Export ${entries.length} log lines`,
    defaultUri: Uri.joinPath(folder, 'stillframe.jsonl'),
    filters: { 'JSON lines': ['jsonl'], Text: ['log', 'txt'] },
  });
  if (to === undefined) return;
  const write = /\.(log|txt)$/i.test(to.path) ? lineOf : jsonOf;
  await workspace.fs.writeFile(to, new TextEncoder().encode(`${entries.map(write).join('\n')}\n`));
  window.setStatusBarMessage(`$(check) Stillframe: ${entries.length} lines written to ${to.fsPath}`, 5000);
}
