import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';

export function initialize(
  session: AdapterSession,
  args: DebugProtocol.InitializeRequestArguments,
): DebugProtocol.Capabilities {
  session.client = {
    id: args.clientID ?? '',
    name: args.clientName ?? '',
    supportsVariablePaging: args.supportsVariablePaging ?? false,
    supportsVariableType: args.supportsVariableType ?? false,
    linesStartAt1: args.linesStartAt1 ?? true,
    columnsStartAt1: args.columnsStartAt1 ?? true,
    pathsAreUris: args.pathFormat === 'uri',
  };
  return {
    supportsConfigurationDoneRequest: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsLogPoints: true,
    supportsEvaluateForHovers: true,
    supportsCompletionsRequest: true,
    supportsDelayedStackTraceLoading: true,
    supportsLoadedSourcesRequest: true,
    supportsModulesRequest: true,
    supportsStepBack: true,
    supportsSingleThreadExecutionRequests: true,
    supportsValueFormattingOptions: true,
    supportsClipboardContext: true,
    supportsBreakpointLocationsRequest: true,
    supportTerminateDebuggee: false,
    breakpointModes: [
      { mode: 'snapshot', label: 'Live snapshot', appliesTo: ['source'] },
      { mode: 'log', label: 'Live log', appliesTo: ['source'] },
      { mode: 'local', label: 'Local only', description: 'Not placed in running services', appliesTo: ['source'] },
    ],
  };
}
