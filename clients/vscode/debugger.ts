/** The debug adapter for the editor: its process, a configuration when there is none, and the way from a hit into it. */
import {
  DebugAdapterExecutable,
  type DebugConfiguration,
  DebugConfigurationProviderTriggerKind,
  Disposable,
  debug,
  type ExtensionContext,
  workspace,
} from 'vscode';
import type { EditorSession } from './editor-session.ts';
import { stillframeSettings } from './start-language-client.ts';

const TYPE = 'stillframe';
const CONFIGURATION: DebugConfiguration = { type: TYPE, request: 'attach', name: 'Stillframe: walk through hits' };

export function registerDebugger(context: ExtensionContext, session: EditorSession): Disposable {
  const module = context.asAbsolutePath('dist/debug-adapter.mjs');
  const provider = {
    provideDebugConfigurations: () => [CONFIGURATION],
    // F5 without a launch.json comes with an empty configuration.
    resolveDebugConfiguration: (_folder: unknown, given: DebugConfiguration) => completed(given, session),
  };
  return Disposable.from(
    debug.registerDebugAdapterDescriptorFactory(TYPE, {
      createDebugAdapterDescriptor: () =>
        new DebugAdapterExecutable(process.execPath, [module], {
          env: { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
        }),
    }),
    debug.registerDebugConfigurationProvider(TYPE, provider),
    debug.registerDebugConfigurationProvider(TYPE, provider, DebugConfigurationProviderTriggerKind.Dynamic),
  );
}

/** Settings fill what the configuration leaves open; the folders are the workspace's. */
function completed(given: DebugConfiguration, session: EditorSession): DebugConfiguration {
  const { server, target, pathMappings } = stillframeSettings();
  const chosen = session.state?.target;
  return {
    ...CONFIGURATION,
    ...(server && { server }),
    ...((chosen ?? target) && { target: chosen ?? target }),
    ...(pathMappings !== undefined && pathMappings.length > 0 && { pathMappings }),
    workspaceFolders: (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== '')),
  };
}

/** Shows an action's hits in the debug panel, in the session that is there or in a new one. */
export async function openInDebugger(action: string | undefined, hit: number | undefined): Promise<void> {
  const running = debug.activeDebugSession?.type === TYPE ? debug.activeDebugSession : undefined;
  // What its breakpoints have placed stays.
  if (running !== undefined && action !== undefined) {
    await running.customRequest('stillframe/showHit', { action, ...(hit !== undefined && { hit }) });
    return;
  }
  const started = await debug.startDebugging(workspace.workspaceFolders?.[0], {
    ...CONFIGURATION,
    ...(action !== undefined && { action }),
    ...(hit !== undefined && { hit }),
  });
  if (!started) throw new Error('the debug session did not start; the output channel says why');
}
