// `node --import @stillframe/agent-node/register app.js`: starts the agent from the environment before the service.
require('./dist/agent.cjs').start();
