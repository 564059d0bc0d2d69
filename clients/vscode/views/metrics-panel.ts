/** The metrics page in an editor tab. While it is in sight, figures are read every two seconds; otherwise nothing is. */
import { METRIC_KINDS } from '@stillframe/protocol/action';
import { type EditorAction, EditorMetric } from '@stillframe/protocol/messages/editor-extensions';
import type { MetricReadParams, MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import { commands, Disposable, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { told } from '../commands/tell.ts';
import type { EditorSession } from '../editor-session.ts';
import type { FromMetricsPage, MetricsPicture, MetricView, Range, ToMetricsPage } from '../webview/metrics-messages.ts';
import { pageHtml, pageOptions } from './webview-page.ts';

const TYPE = 'stillframe.metrics';
const EVERY_MS = 2000;
/** Read and drawn at a time; more would be neither read nor drawn in time. */
const MOST = 24;
const SPAN_MS: Record<Range, number | undefined> = { '5min': 300_000, '1h': 3_600_000, all: undefined };

const BODY = `<div id="bar"><h1>Metrics</h1><fieldset id="range" aria-label="Time that is shown"></fieldset></div>
<p id="problem" class="problem" role="status" hidden></p>
<p id="empty" hidden><strong>Nothing is being measured.</strong>
Click “Measure…” above a function, or run “Stillframe: Measure Here…” on a line: durations, counts, numbers, or the time between two lines.
What is measured appears here, over time.</p>
<main id="metrics"></main>
<p id="left-out" class="note"></p>`;

export function registerMetrics(context: ExtensionContext, session: EditorSession): Disposable {
  let open: MetricsPanel | undefined;

  function adopt(panel: WebviewPanel): MetricsPanel {
    open?.close();
    const made = new MetricsPanel(panel, context.extensionUri, session);
    open = made;
    panel.onDidDispose(() => {
      if (open === made) open = undefined;
    });
    return made;
  }

  function show(argument?: { id?: string }): void {
    const page =
      open ?? adopt(window.createWebviewPanel(TYPE, 'Metrics', ViewColumn.Beside, pageOptions(context.extensionUri)));
    page.show(argument?.id);
  }

  return Disposable.from(
    commands.registerCommand(
      'stillframe.ui.showMetric',
      told(async (argument?: { id?: string }) => show(argument)),
    ),
    window.registerWebviewPanelSerializer(TYPE, {
      async deserializeWebviewPanel(panel) {
        panel.webview.options = pageOptions(context.extensionUri);
        adopt(panel);
      },
    }),
    { dispose: () => open?.close() },
  );
}

class MetricsPanel {
  readonly #panel: WebviewPanel;
  readonly #session: EditorSession;
  #range: Range = '5min';
  /** The page is there and listens. */
  #ready = false;
  #wanted: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  /** Actions and connection when they were last looked at. */
  #known = '';

  constructor(panel: WebviewPanel, extension: Uri, session: EditorSession) {
    this.#panel = panel;
    this.#session = session;
    panel.iconPath = Uri.joinPath(extension, 'media', 'view.svg');
    panel.webview.onDidReceiveMessage((message: FromMetricsPage) => this.#received(message));
    panel.onDidChangeViewState(() => {
      // A page out of sight is gone, and says anew when it is ready.
      if (!panel.visible) this.#ready = false;
    });
    const changed = session.onDidChange(() => this.#somethingNew());
    panel.onDidDispose(() => {
      this.#ready = false;
      clearTimeout(this.#timer);
      changed.dispose();
    });
    panel.webview.html = pageHtml(panel.webview, extension, { name: 'metrics', title: 'Metrics', body: BODY });
  }

  show(id: string | undefined): void {
    this.#wanted = id;
    this.#panel.reveal(undefined, false);
    this.#showWanted();
  }

  close(): void {
    this.#panel.dispose();
  }

  #received(message: FromMetricsPage): void {
    switch (message.type) {
      case 'ready':
      case 'range':
        this.#range = message.range;
        this.#ready = true;
        void this.#round();
        return;
      default:
        void this.#carryOut(message);
    }
  }

  #carryOut({ type, id }: Exclude<FromMetricsPage, { range: Range }>): Thenable<unknown> {
    const command = {
      reveal: 'stillframe.ui.reveal',
      why: 'stillframe.ui.whyTreeAction',
      edit: 'stillframe.ui.editAction',
      remove: 'stillframe.ui.removeTreeAction',
      openHit: 'stillframe.ui.openHit',
    }[type];
    return commands.executeCommand(command, { id });
  }

  /** Another action, or another connection, is not waited for. */
  #somethingNew(): void {
    const { connection, actions = [] } = this.#session.state ?? {};
    const known = [connection, ...actions.map(({ id, state }) => `${id} ${state}`)].join();
    if (known === this.#known) return;
    this.#known = known;
    void this.#round();
  }

  /** One after another: a slow server gets fewer questions, not more at a time. */
  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#ready || this.#reading) return;
    this.#reading = true;
    const range = this.#range;
    try {
      const picture = await this.#read(range);
      if (this.#ready) await this.#send(picture);
      this.#showWanted();
    } finally {
      this.#reading = false;
    }
    if (this.#ready) this.#timer = setTimeout(() => void this.#round(), range === this.#range ? EVERY_MS : 0);
  }

  async #read(range: Range): Promise<MetricsPicture> {
    const { state } = this.#session;
    const to = Date.now();
    const span = SPAN_MS[range];
    const from = span === undefined ? undefined : to - span;
    const all = (state?.actions ?? []).filter(({ kind }) => METRIC_KINDS.has(kind));
    const connected = state?.connection === 'connected';
    const shown = connected ? all.slice(0, MOST) : [];
    const metrics: MetricView[] = [];
    for (const action of shown) metrics.push(await this.#metric(action, { actionId: action.id, from: from ?? 0, to }));
    return {
      type: 'picture',
      range,
      to,
      ...(from !== undefined && { from }),
      ...(!connected && { problem: state?.reason ?? 'Connecting to the Stillframe server…' }),
      metrics,
      leftOut: connected ? all.length - shown.length : 0,
    };
  }

  async #metric(action: EditorAction, params: MetricReadParams): Promise<MetricView> {
    const { id, kind, unit = 'none', label, state, summary, target, place, hits } = action;
    const view = { id, kind, unit, label, state, summary, target, hits, hasPlace: place !== undefined };
    try {
      return {
        ...view,
        figures: await this.#session.client.sendRequest<MetricReadResult>(EditorMetric.method, params),
      };
    } catch (error) {
      return { ...view, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #showWanted(): void {
    if (!this.#ready || this.#wanted === undefined) return;
    void this.#send({ type: 'show', id: this.#wanted });
    this.#wanted = undefined;
  }

  #send(message: ToMetricsPage): Thenable<boolean> {
    return this.#panel.webview.postMessage(message);
  }
}
