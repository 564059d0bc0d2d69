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
import { openView } from '../operations/open-view.ts';
import { readFile } from '../operations/read-file.ts';
import { readHit } from '../operations/read-hit.ts';
import { removeActions } from '../operations/remove-actions.ts';
import { updateAction } from '../operations/update-action.ts';
import type { Caller, ServerContext } from '../server-context.ts';
import { checkedConnection } from './checked-connection.ts';
import { negotiate } from './negotiate.ts';
import { startViewFeed } from './view-feed.ts';

const NO_HELLO = 4408;
const TOO_SLOW = 4429;

export interface IdeConnectionOptions {
  context: ServerContext;
  caller: Caller;
  isDraining: () => boolean;
  underWay: <T>(work: Promise<T>) => Promise<T>;
}

export function serveIde(socket: WebSocket, { context, caller, isDraining, underWay }: IdeConnectionOptions): void {
  let greeted = false;
  let stopFeed: (() => void) | undefined;
  const checked = checkedConnection(socket, {
    context,
    endpoint: 'ide',
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
    stopFeed ??= startViewFeed(context, (change) => {
      // Half a picture would mislead: an editor that cannot keep up begins anew.
      if (socket.bufferedAmount > context.limits.editorBacklogBytes) checked.close(TOO_SLOW, 'reads too slowly');
      else connection.sendNotification(ViewChanged, change).catch(() => {});
    });
    return openView(context);
  });
  checked.onRequest(ActionCreate.method, ActionCreateParams, (params) =>
    underWay(createAction(context, params, caller)),
  );
  checked.onRequest(ActionUpdate.method, ActionUpdateParams, (params) => underWay(updateAction(context, params)));
  checked.onRequest(ActionRemove.method, ActionRemoveParams, (params) => underWay(removeActions(context, params)));
  checked.onRequest(ActionList.method, ActionListParams, (params) => listActions(context, params));
  checked.onRequest(ActionWhy.method, ActionWhyParams, (params) => explainAction(context, params));
  checked.onRequest(HitList.method, HitListParams, (params) => listHits(context, params));
  checked.onRequest(HitRead.method, HitReadParams, (params) => readHit(context, params));
  checked.onRequest(AgentList.method, AgentListParams, (params) => listAgents(context, params));
  checked.onRequest(FileList.method, FileListParams, (params) => listFiles(context, params));
  checked.onRequest(FileRead.method, FileReadParams, (params) => readFile(context, params));
  connection.onClose(() => {
    clearTimeout(noHello);
    stopFeed?.();
  });
  connection.listen();
}
