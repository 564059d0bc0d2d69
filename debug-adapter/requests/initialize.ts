import type { DebugProtocol } from '@vscode/debugprotocol';
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import type { Answer } from './request.ts';

export const InitializeShape = z.object({
  clientID: z.string().max(200).optional(),
  supportsVariablePaging: z.boolean().optional(),
  linesStartAt1: z.boolean().optional(),
  columnsStartAt1: z.boolean().optional(),
  pathFormat: z.string().max(20).optional(),
});

const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.'],
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsModulesRequest: true,
  supportsStepBack: true,
  supportsSingleThreadExecutionRequests: true,
  supportsValueFormattingOptions: true,
  supportsClipboardContext: true,
  supportTerminateDebuggee: false,
  breakpointModes: [
    { mode: 'snapshot', label: 'Live snapshot', appliesTo: ['source'] },
    { mode: 'log', label: 'Live log', appliesTo: ['source'] },
    { mode: 'local', label: 'Local only', description: 'Not placed in running services', appliesTo: ['source'] },
  ],
};

export function initialize(session: AdapterSession, args: z.infer<typeof InitializeShape>): Answer {
  session.client = {
    id: args.clientID ?? '',
    supportsVariablePaging: args.supportsVariablePaging ?? false,
    linesStartAt1: args.linesStartAt1 ?? true,
    columnsStartAt1: args.columnsStartAt1 ?? true,
    pathsAreUris: args.pathFormat === 'uri',
  };
  return { body: CAPABILITIES };
}
