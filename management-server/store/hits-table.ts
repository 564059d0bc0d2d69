/**
 * Hits: stored once each, with an ordinal that is exact over all agents. Everything that decides (what is settled, which
 * place is next, whether there is one) is read and written in the transaction that stores the batch.
 */
import { type ActionId, METRIC_KINDS } from '@stillframe/protocol/action';
import type { AgentInfo } from '@stillframe/protocol/agent';
import type { AgentHit, Hit, HitHead } from '@stillframe/protocol/hit';
import type { Selectable, Transaction } from 'kysely';
import type { Database, HitRow, Schema } from './schema.ts';

export interface HitBatch {
  agent: Pick<AgentInfo, 'id' | 'name'>;
  hits: readonly AgentHit[];
  receivedAt: number;
  /** Bytes of one hit; a larger one is refused. */
  bytesPerHit: number;
  /** Bytes that all hits together may still grow by. */
  bytesLeft: number;
}

/** Why a hit was not stored: its action ended, unknown or removed; the hit too large; no room left. */
export type Refusal = 'ended' | 'unknown' | 'tooLarge' | 'full';

export interface ActionProgress {
  id: ActionId;
  hits: number;
  bytes: number;
  lastHitAt: number;
  completed: boolean;
}

export interface StoredBatch {
  /** All hits of the agent up to this sequence are settled. */
  acknowledged: number;
  heads: HitHead[];
  progress: ActionProgress[];
  refused: RefusedHit[];
}

export interface RefusedHit {
  /** Of its action. */
  id: ActionId;
  reason: Refusal;
}

/** Stores what is new in the batch, in the order of its sequences. Repeating a batch is harmless. */
export async function storeHits(database: Database, batch: HitBatch): Promise<StoredBatch> {
  return database.transaction().execute(async (transaction) => {
    const settled = await transaction
      .selectFrom('agents')
      .select('acknowledged')
      .where('id', '=', batch.agent.id)
      .executeTakeFirstOrThrow();
    const fresh = newHits(batch.hits, settled.acknowledged);
    const acknowledged = fresh.at(-1)?.sequence ?? settled.acknowledged;
    if (fresh.length === 0) return { acknowledged, heads: [], progress: [], refused: [] };
    const actions = await readTallies(transaction, new Set(fresh.map((hit) => hit.actionId)));
    const { rows, heads, refused } = assignPlaces(batch, fresh, actions);
    if (rows.length > 0) await transaction.insertInto('hits').values(rows).execute();
    const progress: ActionProgress[] = [];
    for (const tally of actions.values()) {
      if (tally.stored > 0) progress.push(await saveTally(transaction, tally, batch.receivedAt));
    }
    await transaction.updateTable('agents').set({ acknowledged }).where('id', '=', batch.agent.id).execute();
    return { acknowledged, heads, progress, refused };
  });
}

/** Hits that are not settled yet, each sequence once, rising. */
function newHits(hits: readonly AgentHit[], acknowledged: number): AgentHit[] {
  const bySequence = new Map<number, AgentHit>();
  for (const hit of hits) if (hit.sequence > acknowledged) bySequence.set(hit.sequence, hit);
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
}

interface Tally {
  id: ActionId;
  open: boolean;
  /** It ends with its last hit; kinds that measure go on. */
  ends: boolean;
  maxHits: number;
  hits: number;
  bytes: number;
  stored: number;
}

/**
 * An action takes hits while it is active, and after it expired those that were captured before an agent could say so;
 * a removed one takes none.
 */
async function readTallies(
  transaction: Transaction<Schema>,
  ids: ReadonlySet<ActionId>,
): Promise<Map<ActionId, Tally>> {
  const rows = await transaction
    .selectFrom('actions')
    .select(['id', 'kind', 'state', 'max_hits', 'hits', 'bytes'])
    .where('id', 'in', [...ids])
    .execute();
  const tallies = rows.map((row): Tally => {
    const open = row.state === 'active' || row.state === 'expired';
    return {
      id: row.id,
      open,
      ends: !METRIC_KINDS.has(row.kind),
      maxHits: row.max_hits,
      hits: row.hits,
      bytes: row.bytes,
      stored: 0,
    };
  });
  return new Map(tallies.map((tally) => [tally.id, tally]));
}

function assignPlaces(
  batch: HitBatch,
  fresh: readonly AgentHit[],
  actions: ReadonlyMap<ActionId, Tally>,
): { rows: HitRow[]; heads: HitHead[]; refused: RefusedHit[] } {
  const rows: HitRow[] = [];
  const heads: HitHead[] = [];
  const refused: RefusedHit[] = [];
  let bytesLeft = batch.bytesLeft;
  for (const hit of fresh) {
    const tally = actions.get(hit.actionId);
    const body = JSON.stringify(hit);
    const bytes = Buffer.byteLength(body);
    const refusal = refusalOf(tally, bytes, bytesLeft, batch.bytesPerHit);
    if (refusal !== undefined || tally === undefined) {
      refused.push({ id: hit.actionId, reason: refusal ?? 'unknown' });
      continue;
    }
    tally.hits += 1;
    tally.stored += 1;
    const head = headOf(hit, batch.agent, tally.hits);
    const headText = JSON.stringify(head);
    // The text of a log is in both.
    const stored = bytes + Buffer.byteLength(headText);
    tally.bytes += stored;
    bytesLeft -= stored;
    heads.push(head);
    rows.push({
      action_id: hit.actionId,
      ordinal: tally.hits,
      agent_id: batch.agent.id,
      sequence: hit.sequence,
      received_at: batch.receivedAt,
      head: headText,
      body,
    });
  }
  return { rows, heads, refused };
}

function refusalOf(
  tally: Tally | undefined,
  bytes: number,
  bytesLeft: number,
  bytesPerHit: number,
): Refusal | undefined {
  if (tally === undefined) return 'unknown';
  if (!tally.open || tally.hits >= tally.maxHits) return 'ended';
  if (bytes > bytesPerHit) return 'tooLarge';
  return bytes > bytesLeft ? 'full' : undefined;
}

async function saveTally(
  transaction: Transaction<Schema>,
  { id, ends, hits, maxHits, bytes }: Tally,
  now: number,
): Promise<ActionProgress> {
  const completed = ends && hits >= maxHits;
  await transaction
    .updateTable('actions')
    .set({ hits, bytes, last_hit_at: now, ...(completed && { state: 'completed' as const, ended_at: now }) })
    .where('id', '=', id)
    .execute();
  return { id, hits, bytes, lastHitAt: now, completed };
}

/** The id says where to find the hit: its action and its place. */
function headOf(hit: AgentHit, agent: HitBatch['agent'], ordinal: number): HitHead {
  const [top] = hit.frames;
  return {
    id: `${hit.actionId}-${ordinal}`,
    actionId: hit.actionId,
    agentId: agent.id,
    agentName: agent.name,
    ordinal,
    at: hit.at,
    ...(hit.message !== undefined && { message: hit.message }),
    ...(hit.level !== undefined && { level: hit.level }),
    ...(hit.traceparent !== undefined && { traceparent: hit.traceparent }),
    ...(top?.path !== undefined && { path: top.path }),
    ...(top?.line !== undefined && { line: top.line }),
    ...(top !== undefined && { function: top.function }),
  };
}

export interface HeadQuery {
  actionId: ActionId;
  /** Oldest first above this ordinal; without it newest first. */
  after?: number;
  /** Newest first below this ordinal. */
  before?: number;
  limit: number;
}

/** Heads of stored hits as JSON, in the order asked for. */
export async function readHeads(database: Database, { actionId, after, before, limit }: HeadQuery): Promise<string[]> {
  let query = database.selectFrom('hits').select('head').where('action_id', '=', actionId).limit(limit);
  if (after !== undefined) query = query.where('ordinal', '>', after).orderBy('ordinal', 'asc');
  else query = query.orderBy('ordinal', 'desc');
  if (before !== undefined) query = query.where('ordinal', '<', before);
  return (await query.execute()).map((row) => row.head);
}

/** The whole hit, or undefined when there is none of this id (any more). */
export async function readHit(database: Database, id: string): Promise<Hit | undefined> {
  const [, actionId, ordinal] = /^(.+)-(\d{1,9})$/.exec(id) ?? [];
  if (actionId === undefined) return undefined;
  const row = await database
    .selectFrom('hits')
    .selectAll()
    .where('action_id', '=', actionId)
    .where('ordinal', '=', Number(ordinal))
    .executeTakeFirst();
  return row === undefined ? undefined : hitOf(row);
}

function hitOf(row: Selectable<HitRow>): Hit {
  const hit = JSON.parse(row.body) as AgentHit;
  const head = JSON.parse(row.head) as HitHead;
  return {
    ...hit,
    id: head.id,
    agentId: row.agent_id,
    agentName: head.agentName,
    ordinal: row.ordinal,
    receivedAt: row.received_at,
  };
}
