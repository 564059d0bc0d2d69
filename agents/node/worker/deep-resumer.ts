/**
 * A thread that does one thing: when the host has paused for a deep snapshot, it says "go on". The host cannot say so itself:
 * Node keeps a paused thread waiting for as long as another thread's session (the agent's) is connected. It waits without an
 * event loop, so that nothing stands before it.
 */
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { DEEP, RESUMER } from '../shared/deep-messages.ts';

const words = workerData as Int32Array;
const session = new Session();
session.connectToMainThread();
let seen = Atomics.load(words, DEEP.asked);
Atomics.compareExchange(words, DEEP.resumer, RESUMER.starting, RESUMER.ready);
Atomics.notify(words, DEEP.resumer);
wait();

function wait(): void {
  if (Atomics.load(words, DEEP.resumer) === RESUMER.leaving) {
    leave();
    return;
  }
  Atomics.wait(words, DEEP.asked, seen);
  const asked = Atomics.load(words, DEEP.asked);
  if (asked !== seen && Atomics.load(words, DEEP.resumer) === RESUMER.ready) session.post('Debugger.resume');
  seen = asked;
  // A turn of the event loop takes in the answers.
  setImmediate(wait);
}

function leave(): void {
  session.disconnect();
  Atomics.store(words, DEEP.resumer, RESUMER.gone);
  Atomics.notify(words, DEEP.resumer);
}
