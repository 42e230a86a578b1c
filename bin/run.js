#!/usr/bin/env node
'use strict';
const path = require('node:path');

// Blocking calls of the engine wait on libuv's threads, of which there are four unless told: three
// long queries would hold up all others. It must be said before the first of them starts, and
// loading a module starts them: hence CommonJS.
process.env.UV_THREADPOOL_SIZE ??= '40';

// oclif asks for the user's shell by name, which a container's user may not have: it would end there.
process.env.SHELL ??= '/bin/sh';

void import('@oclif/core').then(({ execute }) => execute({ dir: path.dirname(__dirname) }));
