/**
 * VS Code waits a quarter of a second or more before it asks for lenses anew, and starts that wait again with each refresh: passed
 * on as they come, the refreshes of a busy action would keep its lens as it was until the last hit.
 */
import { workspace } from 'vscode';
import {
  CodeLensRefreshRequest,
  CodeLensRequest,
  type LanguageClient,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { pace } from './pace.ts';

/** Well above what VS Code waits. */
const REST_MS = 1000;

/** A feature of the client, since the last of them to take these requests gets them, also when the server is started again. */
export function lensRefresh(client: LanguageClient): StaticFeature {
  const refresh = pace(REST_MS, () => {
    const lenses = client.getFeature(CodeLensRequest.method);
    const providers = new Set(workspace.textDocuments.map((document) => lenses.getProvider(document)));
    for (const provider of providers) provider?.onDidChangeCodeLensEmitter.fire();
  });
  return {
    fillClientCapabilities() {},
    initialize: () => void client.onRequest(CodeLensRefreshRequest.type, () => refresh.ask()),
    getState: () => ({ kind: 'static' }),
    clear: () => refresh.dispose(),
  };
}
