// The approach of today's open Node agents, written for comparison: a worker sets a breakpoint, and at each pause walks the
// variables by the inspector's protocol before it lets the service go on. One capture a second (PAUSING_AGENT_EVERY: at each
// pause); the breakpoint stays in.
const { isMainThread, Worker, workerData } = require('node:worker_threads');

if (isMainThread) {
  const [file, line] = process.env.PAUSING_AGENT_AT.split(':');
  new Worker(__filename, { workerData: { file, line: Number(line) }, execArgv: [] }).unref();
} else {
  run();
}

async function run() {
  const { Session } = require('node:inspector/promises');
  setInterval(() => {}, 1000);
  const session = new Session();
  session.connectToMainThread();
  let nextAt = 0;
  session.on('Debugger.paused', async ({ params }) => {
    const [frame] = params.callFrames;
    if (performance.now() >= nextAt) {
      nextAt = process.env.PAUSING_AGENT_EVERY === '1' ? 0 : performance.now() + 1000;
      for (const scope of frame.scopeChain) {
        if (scope.type !== 'local' && scope.type !== 'block') continue;
        await walk(session, scope.object.objectId, 3);
      }
    }
    await session.post('Debugger.resume');
  });
  const found = new Promise((resolve) => {
    session.on('Debugger.scriptParsed', ({ params }) => {
      if (params.url.endsWith(workerData.file)) resolve(params.scriptId);
    });
  });
  await session.post('Debugger.enable');
  const scriptId = await found;
  await session.post('Debugger.setBreakpoint', { location: { scriptId, lineNumber: workerData.line - 1 } });
  require('node:fs').writeSync(1, 'peer armed\n');
}

async function walk(session, objectId, depth) {
  const { result } = await session.post('Runtime.getProperties', { objectId, ownProperties: true });
  if (depth === 0) return;
  for (const { value } of result.slice(0, 100)) {
    if (value?.objectId !== undefined && value.type === 'object') await walk(session, value.objectId, depth - 1);
  }
}
