/**
 * What the language server and an editor's own extension say to each other beside LSP. All of it is optional: an editor
 * that ignores it loses trees, gutter icons and the status item, nothing else.
 */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import type { ActionKind, ActionState, Canary, LogLevel, SamplingDraft } from '../action.ts';
import type { MetricSummary, MetricUnit } from '../metric.ts';
import type { AgentActionState } from '../status.ts';
import type { MetricReadParams, MetricReadResult } from './ide-connection.ts';

/** An action as an editor draws it. */
export interface EditorAction {
  id: string;
  kind: ActionKind;
  /** `snapshot at orders.ts:42 when total > 100`. */
  label: string;
  state: ActionState;
  /** The best any connected agent makes of it; absent while there is none. */
  agentState?: AgentActionState;
  hits: number;
  maxHits: number;
  lastHitAt?: number;
  summary: string;
  /** Target as text, `tag:production`. */
  target: string;
  condition?: string;
  template?: string;
  /** The number of a metric, the grouping of a counter. */
  expression?: string;
  /** Counters, timers and metrics: the figures so far. */
  metric?: MetricSummary;
  unit?: MetricUnit;
  /** The same in words, as lenses have it: `1,204 calls · p50 3.1 ms · p99 12 ms`. */
  figures?: string;
  /** Where it is in the workspace; absent when no local file stands for the deployed one. `line` is 0-based. */
  place?: { uri: string; line: number };
  /** The deployed place; `line` is 1-based. */
  deployed: { path: string; line: number };
}

export interface EditorAgent {
  id: string;
  name: string;
  tags: string[];
  runtime: string;
  host: string;
  pid: number;
  connected: boolean;
}

export interface EditorState {
  connection: 'connecting' | 'connected' | 'signedOut' | 'disconnected';
  /** Why it is not connected, and what to do. */
  reason?: string;
  server: string;
  user?: string;
  /** Where new actions go, as text. */
  target: string;
  agents: EditorAgent[];
  actions: EditorAction[];
}

/** Server → client, after each change, coalesced. */
export const EditorStateChanged = new NotificationType<EditorState>('stillframe/state');

/** Server → client: a log action fired. `line` is 0-based. */
export interface EditorLogLine {
  actionId: string;
  at: number;
  level: LogLevel;
  agent: string;
  message: string;
  place?: { uri: string; line: number };
}
export const EditorLog = new NotificationType<{ lines: EditorLogLine[] }>('stillframe/log');

/** Client → server: figures over time, for a chart. The same as `metric/read` of the management server. */
export const EditorMetric = new RequestType<MetricReadParams, MetricReadResult, void>('stillframe/metric');

/** Client → server, while a person types: what is wrong with an expression or a log text, or nothing. */
export interface ExpressionCheckParams {
  uri: string;
  text: string;
  kind: 'condition' | 'expression' | 'template';
}
export interface ExpressionCheckResult {
  problem?: { message: string; start: number; end: number };
}
export const ExpressionCheck = new RequestType<ExpressionCheckParams, ExpressionCheckResult, void>(
  'stillframe/expressionCheck',
);

/** Argument of `stillframe.action.create`. Lines are 0-based, in the editor's text. */
export interface ActionSpec {
  kind: ActionKind;
  uri: string;
  line: number;
  /** The second line of tic & toc. */
  endLine?: number;
  /** The function of a duration, when it is not the one round `line`. */
  functionName?: string;
  /** The number of a metric, the grouping of a counter. */
  expression?: string;
  sampling?: SamplingDraft;
  canary?: Partial<Canary>;
  /** Frames whose variables are captured, 1 to 5; more than one pauses the service for a moment. */
  framesWithLocals?: number;
  /** UTF-16 units; chooses a statement or arrow function on the line. */
  character?: number;
  target?: string;
  condition?: string;
  logMessage?: string;
  level?: LogLevel;
  destination?: 'stdout' | 'editor' | 'both';
  watch?: string[];
  maxHits?: number;
  expiresSec?: number;
  /** Place it although the editor's text differs from the deployed text. */
  allowDrift?: boolean;
  /** Ids of agents, for a target that is one agent. */
  agentId?: string;
}

export interface ActionPlaced {
  id: string;
  /** `Action`'s summary. */
  status: string;
  placed: { version?: string; line: number; agents: number }[];
  warnings: string[];
}

/** What the client can do beside LSP; part of `initializationOptions`. Never holds a secret: those options are traced. */
export interface EditorOptions {
  server?: string;
  target?: string;
  codeLens?: 'off' | 'active' | 'functions';
  pathMappings?: { localRoot: string; remoteRoot: string }[];
  client?: {
    /** Ids of commands the client itself carries out (`stillframe.ui.…`). */
    commands?: string[];
    /** `markdown` where hover and tooltips may hold `command:` links. */
    links?: boolean;
    /** It understands the notifications of this file. */
    state?: boolean;
    diagnostics?: 'errors' | 'all';
  };
}
