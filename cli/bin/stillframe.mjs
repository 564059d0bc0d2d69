#!/usr/bin/env node
// Checks the one thing that must be right before anything else is loaded.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  process.stderr.write(`stillframe: use Node.js 20.11 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
const { runCommandLine } = await import('../dist/main.js');
await runCommandLine(process.argv);
