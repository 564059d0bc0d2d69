/** One `/ide` socket: an editor, a debug adapter or a terminal. A table of requests, and the feed of changes. */
import { requestError } from '@stillframe/protocol/errors';
import {
  ActionCreate,
  ActionCreateParams,
  ActionList,
  ActionListParams,
  ActionRemove,
  ActionRemoveParams,
  ActionUpdate,
  ActionUpdateParams,
  ActionWhy,
  ActionWhyParams,
  AgentList,
  AgentListParams,
  FileList,
  FileListParams,
  FileRead,
  FileReadParams,
  HitList,
  HitListParams,
  HitRead,
  HitReadParams,
  IdeHello,
  IdeHelloParams,
  type IdeHelloResult,
  MetricRead,
  MetricReadParams,
  SourceList,
  SourceListParams,
  SourceRemove,
  SourceRemoveParams,
  SourceSave,
  SourceSaveParams,
  ViewChanged,
  ViewOpen,
  ViewOpenParams,
} from '@stillframe/protocol/messages/ide-connection';
import type { WebSocket } from 'ws';
import { createAction } from '../operations/create-action.ts';
import { explainAction } from '../operations/explain-action.ts';
import { listActions } from '../operations/list-actions.ts';
import { listAgents } from '../operations/list-agents.ts';
import { listFiles } from '../operations/list-files.ts';
import { listHits } from '../operations/list-hits.ts';
import { listSources } from '../operations/list-sources.ts';
import { openView } from '../operations/open-view.ts';
import { readFile } from '../operations/read-file.ts';
import { readHit } from '../operations/read-hit.ts';
import { readMetric } from '../operations/read-metric.ts';
import { removeActions } from '../operations/remove-actions.ts';
import { removeSource } from '../operations/remove-source.ts';
import { saveSource } from '../operations/save-source.ts';
import { updateAction } from '../operations/update-action.ts';
import type { Caller, ServerContext } from '../server-context.ts';
import { checkedConnection } from './checked-connection.ts';
import { negotiate } from './negotiate.ts';
import { startViewFeed, type ViewFeed } from './view-feed.ts';

const NO_HELLO = 4408;

export interface IdeConnectionOptions {
  context: ServerContext;
  caller: Caller;
  isDraining: () => boolean;
  underWay: <T>(work: Promise<T>) => Promise<T>;
}

export function serveIde(socket: WebSocket, { context, caller, isDraining, underWay }: IdeConnectionOptions): void {
  let greeted = false;
  let feed: ViewFeed | undefined;
  const checked = checkedConnection(socket, {
    context,
    endpoint: 'ide',
    underWay,
    admit(method) {
      if (isDraining()) throw requestError('shuttingDown', 'Try again in a moment: the server is shutting down');
      if ((method === IdeHello.method) !== greeted) return;
      throw requestError('outOfOrder', greeted ? 'Say hello once per connection' : 'Say ide/hello first');
    },
  });
  const { connection } = checked;
  const noHello = setTimeout(() => checked.close(NO_HELLO, 'no hello'), context.limits.helloMs);

  checked.onRequest(IdeHello.method, IdeHelloParams, ({ protocol }) => {
    const version = negotiate(protocol);
    greeted = true;
    clearTimeout(noHello);
    return {
      protocol: version,
      serverVersion: context.version,
      serverTime: context.clock(),
      user: caller.user,
    } satisfies IdeHelloResult;
  });
  checked.onRequest(ViewOpen.method, ViewOpenParams, () => {
    feed ??= startViewFeed(context, (change) => connection.sendNotification(ViewChanged, change));
    const { view, left } = openView(context);
    feed.tell(left);
    return view;
  });
  checked.onRequest(ActionCreate.method, ActionCreateParams, (params) => createAction(context, params, caller));
  checked.onRequest(ActionUpdate.method, ActionUpdateParams, (params) => updateAction(context, params));
  checked.onRequest(ActionRemove.method, ActionRemoveParams, (params) => removeActions(context, params));
  checked.onRequest(ActionList.method, ActionListParams, (params) => listActions(context, params));
  checked.onRequest(ActionWhy.method, ActionWhyParams, (params) => explainAction(context, params));
  checked.onRequest(HitList.method, HitListParams, (params) => listHits(context, params));
  checked.onRequest(HitRead.method, HitReadParams, (params) => readHit(context, params));
  checked.onRequest(MetricRead.method, MetricReadParams, (params) => readMetric(context, params));
  checked.onRequest(SourceList.method, SourceListParams, () => listSources(context));
  checked.onRequest(SourceSave.method, SourceSaveParams, (params) => saveSource(context, params));
  checked.onRequest(SourceRemove.method, SourceRemoveParams, (params) => removeSource(context, params));
  checked.onRequest(AgentList.method, AgentListParams, (params) => listAgents(context, params));
  checked.onRequest(FileList.method, FileListParams, (params) => listFiles(context, params));
  checked.onRequest(FileRead.method, FileReadParams, (params) => readFile(context, params));
  connection.onClose(() => {
    clearTimeout(noHello);
    feed?.stop();
  });
  connection.listen();
}
