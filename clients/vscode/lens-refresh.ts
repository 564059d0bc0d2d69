/**
 * VS Code waits before it asks for lenses anew: a quarter of a second, or as long as the last answers took, and from the beginning
 * with each refresh. Passed on as they come, the refreshes of a busy action would keep its lens as it was until the last hit.
 */
import { workspace } from 'vscode';
import {
  type CodeLensMiddleware,
  CodeLensRefreshRequest,
  CodeLensRequest,
  type LanguageClient,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { pace } from './pace.ts';

const SHORTEST_REST_MS = 750;
/** As many as VS Code looks back. */
const ANSWERS = 6;

/** How long the last answers took, and from that how far refreshes must be apart. */
export class LensPace {
  readonly #took: number[] = [];

  readonly middleware: CodeLensMiddleware = {
    provideCodeLenses: async (document, token, next) => {
      const begun = performance.now();
      try {
        return await next(document, token);
      } finally {
        this.#took.push(performance.now() - begun);
        if (this.#took.length > ANSWERS) this.#took.shift();
      }
    },
  };

  restMs(): number {
    return SHORTEST_REST_MS + 2 * Math.max(0, ...this.#took);
  }
}

/** A feature of the client, since the last of them to take these requests gets them, also when the server is started again. */
export function lensRefresh(client: LanguageClient, lensPace: LensPace): StaticFeature {
  const restMs = () => lensPace.restMs();
  const refresh = pace(restMs, () => {
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
