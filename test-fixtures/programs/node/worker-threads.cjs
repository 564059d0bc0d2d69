// The interesting code runs in a worker thread of the application.
const { Worker, isMainThread } = require('node:worker_threads');
if (isMainThread) {
  new Worker(__filename.replace('worker-threads.cjs', 'in-worker.cjs'));
  setInterval(() => {}, 1000);
}
