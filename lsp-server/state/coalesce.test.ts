import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesce } from './coalesce.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first is at once, those that follow closely are one', async () => {
  let runs = 0;
  const ask = coalesce(100, async () => {
    runs += 1;
  });
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(0);
  expect(runs).toBe(1);
  for (let at = 0; at < 10; at++) ask();
  await vi.advanceTimersByTimeAsync(99);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(runs).toBe(2);
});

test('what is asked while it runs is done afterwards, once, never beside it', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  let finish = () => {};
  const ask = coalesce(100, async () => {
    runs += 1;
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    running -= 1;
  });
  ask();
  await vi.advanceTimersByTimeAsync(0);
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(500);
  expect(runs).toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(100);
  expect({ runs, most }).toEqual({ runs: 2, most: 1 });
});
