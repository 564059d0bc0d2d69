/** Actions, and below each its hits; a click on a hit opens it in the debug panel. */
import type { EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import {
  type Event,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
} from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { pace, treeRestMs } from '../pace.ts';

interface HitHead {
  id: string;
  ordinal: number;
  at: number;
  agentName: string;
  message?: string;
}

/** `id` is the action's, which the commands on both kinds of row take. */
type ActionNode = { id: string; action: EditorAction } | { id: string; hitHead: HitHead; hit: number };

const HITS_SHOWN = 50;

export class ActionsTree implements TreeDataProvider<ActionNode> {
  readonly #session: EditorSession;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData: Event<undefined> = this.#changed.event;

  constructor(session: EditorSession) {
    this.#session = session;
    const refresh = pace(treeRestMs, () => this.#changed.fire(undefined));
    session.onDidChange(() => refresh.ask());
  }

  async getChildren(node?: ActionNode): Promise<ActionNode[]> {
    if (node === undefined) return (this.#session.state?.actions ?? []).map((action) => ({ id: action.id, action }));
    if (!('action' in node)) return [];
    const { hits } = await this.#session.execute<{ hits: HitHead[] }>('stillframe.hit.list', {
      actionId: node.id,
      limit: HITS_SHOWN,
    });
    return hits.map((hitHead) => ({ id: node.id, hitHead, hit: hitHead.ordinal }));
  }

  getTreeItem(node: ActionNode): TreeItem {
    return 'action' in node ? actionItem(node.action) : hitItem(node.id, node.hitHead);
  }
}

function actionItem(action: EditorAction): TreeItem {
  const { id, kind, label, hits, maxHits, summary, target, state, condition, template, deployed } = action;
  const file = (action.place?.uri ?? deployed.path).split(/[\\/]/).at(-1);
  const line = action.place === undefined ? deployed.line : action.place.line + 1;
  const collapsible = hits > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(`${file}:${line}`, collapsible);
  item.id = id;
  // The side bar is narrow: what changes comes first.
  const parts = [`${kind} ${hits}/${maxHits}`, template, condition, target === 'all' ? undefined : target];
  item.description = parts.filter((part) => part !== undefined).join(' · ');
  item.tooltip = `${label}\n${summary}`;
  item.iconPath = iconOf(action);
  item.contextValue = `action ${state}${hits > 0 && action.kind === 'snapshot' ? ' withHits' : ''}`;
  if (action.place !== undefined) {
    item.command = { title: 'Go to line', command: 'stillframe.ui.reveal', arguments: [{ id }] };
  }
  return item;
}

function hitItem(actionId: string, { id, ordinal, at, agentName, message }: HitHead): TreeItem {
  const item = new TreeItem(message ?? `hit ${ordinal}`);
  item.id = id;
  item.description = `${new Date(at).toLocaleTimeString()} · ${agentName}`;
  item.iconPath = new ThemeIcon(message === undefined ? 'device-camera' : 'output');
  if (message !== undefined) return item;
  item.contextValue = 'hit';
  item.command = { title: 'Open', command: 'stillframe.ui.openHit', arguments: [{ actionId, hit: ordinal }] };
  return item;
}

function iconOf({ kind, state, agentState }: EditorAction): ThemeIcon {
  if (state === 'active' && (agentState === 'rejected' || agentState === 'suspended')) {
    return new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
  }
  if (state !== 'active') return new ThemeIcon(state === 'completed' ? 'pass' : 'circle-slash');
  if (agentState !== 'armed') return new ThemeIcon('clock');
  return new ThemeIcon(kind === 'log' ? 'output' : 'device-camera', new ThemeColor('charts.green'));
}
