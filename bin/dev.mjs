#!/usr/bin/env -S node --import tsx
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execute } from '@oclif/core';

// Runs src/ as it stands, without a build.
const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
pjson.oclif.commands = './src/commands';
pjson.oclif.hooks.command_not_found.target = './src/cli/unknown-command';
await execute({ loadOptions: { root, pjson } });
