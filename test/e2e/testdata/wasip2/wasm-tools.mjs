#!/usr/bin/env node
// What `tinygo build -target=wasip2` calls wasm-tools for, over the package
// @bytecodealliance/jco: for computers that have npm and no wasm-tools. Its embed
// fails on a folder of WIT files, so this makes one text of the folder, with the
// packages of deps in it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The package is looked for from the current folder, or from JCO.
const require = createRequire(join(process.env.JCO ?? process.cwd(), 'x.js'));
const { componentEmbed, componentNew } = await import(pathToFileURL(require.resolve('@bytecodealliance/jco')));

const flags = {};
const rest = [];
for (let args = process.argv.slice(2); args.length > 0;) {
  const arg = args.shift();
  if (arg.startsWith('-')) flags[arg] = args.shift();
  else rest.push(arg);
}

// packageIn gives the name of the WIT package in a folder, and its text.
function packageIn(folder) {
  let name;
  const texts = readdirSync(folder).filter((file) => file.endsWith('.wit')).map((file) =>
    readFileSync(join(folder, file), 'utf8').replace(/^\s*package\s+([^;]+);/m, (_, found) => { name = found; return ''; }));
  return { name, text: texts.join('\n') };
}

const [, what, ...files] = rest;
let out;
if (what === 'embed') {
  const [wit, module] = files;
  const main = packageIn(wit);
  const deps = readdirSync(join(wit, 'deps')).map((dep) => packageIn(join(wit, 'deps', dep)));
  const witSource = `package ${main.name};\n${main.text}\n` + deps.map(({ name, text }) => `package ${name} {\n${text}\n}\n`).join('');
  out = await componentEmbed({ binary: readFileSync(module), witSource, world: flags['-w'] });
} else if (what === 'new') {
  out = await componentNew(readFileSync(files[0]));
} else {
  console.error(`wasm-tools ${rest.join(' ')}: only component embed and component new are here`);
  process.exit(2);
}
writeFileSync(flags['-o'], out);
