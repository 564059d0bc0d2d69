/** Agents below their tags: who can be looked into. */
import type { EditorAgent } from '@stillframe/protocol/messages/editor-extensions';
import { type Event, EventEmitter, ThemeIcon, type TreeDataProvider, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { pace, treeRestMs } from '../pace.ts';

type AgentNode = { tag: string | undefined; selector: string } | { agent: EditorAgent; selector: string };

export class AgentsTree implements TreeDataProvider<AgentNode> {
  readonly #session: EditorSession;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData: Event<undefined> = this.#changed.event;

  constructor(session: EditorSession) {
    this.#session = session;
    const refresh = pace(treeRestMs, () => this.#changed.fire(undefined));
    session.onDidChange(() => refresh.ask());
  }

  getChildren(node?: AgentNode): AgentNode[] {
    const agents = (this.#session.state?.agents ?? []).filter(({ connected }) => connected);
    if (node === undefined) {
      const tags = [...new Set(agents.flatMap((agent) => agent.tags))].sort();
      const untagged = agents.some((agent) => agent.tags.length === 0) ? [{ tag: undefined, selector: 'all' }] : [];
      return [...tags.map((tag) => ({ tag, selector: `tag:${tag}` })), ...untagged];
    }
    if ('agent' in node) return [];
    const inside = agents.filter(({ tags }) => (node.tag === undefined ? tags.length === 0 : tags.includes(node.tag)));
    return inside.map((agent) => ({ agent, selector: `agent:${agent.id}` }));
  }

  getTreeItem(node: AgentNode): TreeItem {
    if ('agent' in node) {
      const { name, runtime, host, pid, tags } = node.agent;
      const item = new TreeItem(name);
      item.description = `${runtime} · ${host} · ${pid}`;
      item.tooltip = `${name}\n${runtime} on ${host}, process ${pid}\ntags: ${tags.join(', ') || 'none'}`;
      item.iconPath = new ThemeIcon('vm-running');
      item.contextValue = 'agent';
      return item;
    }
    const item = new TreeItem(node.tag ?? 'without tags', TreeItemCollapsibleState.Expanded);
    item.iconPath = new ThemeIcon('tag');
    item.contextValue = 'tag';
    return item;
  }
}
