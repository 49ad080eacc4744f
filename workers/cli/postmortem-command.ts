import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { Locale } from '../../workflows/contracts';
import { Api, incidentPath, withApiOptions, type ApiOptions } from './api';
import { CommandError, EXIT } from './exit';
import { printJson, safe } from './terminal';

interface PostmortemOptions extends ApiOptions {
  html?: boolean;
  lang?: Locale;
  edit?: true | string;
  regenerate?: boolean;
}

export function registerPostmortemCommand(program: Command): void {
  withApiOptions(program.command('postmortem').argument('[id]', 'public ID, the beginning of one, or "latest"', 'latest'))
    .description('the postmortem of a closed incident: read, edit, or write it anew')
    .option('--html', 'as one self-contained page')
    .addOption(new Option('--lang <language>', 'language; default: that of the record').choices(['en', 'ko']))
    .option('--edit [file]', 'open it in $VISUAL or $EDITOR, or save an edited file; what you write survives regeneration')
    .option('--regenerate', 'write it anew from the record, with everything that people wrote')
    .addHelpText('after', '\nIn an edit, change any section, or add sections of your own ("## Heading"). A section that is taken out comes back as it was.')
    .action(async (id: string, options: PostmortemOptions) => {
      const api = Api.from(options);
      if (options.regenerate) {
        const answer = await api.post<{ publicId: string; files: string[] }>(incidentPath(id, '/postmortem/regenerate'), {});
        if (options.json) printJson(answer);
        else console.log(`Written anew: ${answer.files.join(', ')} of ${answer.publicId}.`);
      } else if (options.edit) await edit(api, id, options, options.edit);
      else await show(api, id, options);
    });
}

async function show(api: Api, id: string, { html, lang, json }: PostmortemOptions): Promise<void> {
  const text = await api.text(incidentPath(id, `/postmortem?${query(lang, html ? 'html' : 'md')}`));
  if (json) printJson(html ? { html: text } : { markdown: text });
  else console.log(html ? text : safe(text));
}

/** Sections are told apart by their headings, so the file has to be in the language that it is saved as. */
async function edit(api: Api, id: string, { lang, json }: PostmortemOptions, file: true | string): Promise<void> {
  const opened = await api.text(incidentPath(id, `/postmortem?${query(lang, 'md')}`));
  const locale = lang ?? (opened.startsWith('# 사후') ? 'ko' : 'en');
  const markdown = file === true ? inEditor(opened, id) : readFileSync(file, 'utf8');
  const answer = await api.put<{ publicId: string; changed: string[] }>(incidentPath(id, '/postmortem'), { markdown, locale, basedOn: createHash('sha256').update(opened).digest('hex') });
  if (json) printJson(answer);
  else console.log(answer.changed.length > 0 ? `Saved in ${answer.publicId}: ${answer.changed.join(', ')}.` : 'Nothing was changed.');
}

function inEditor(content: string, id: string): string {
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'];
  if (!editor) throw new CommandError('Neither VISUAL nor EDITOR is set: set one, or save the postmortem to a file, edit it, and give the file to --edit.', EXIT.wrongUse);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-postmortem-'));
  const file = path.join(folder, `${path.basename(id)}.md`);
  writeFileSync(file, content, { mode: 0o600 });
  const { status, error } = spawnSync(`${editor} "$NIGHTSHIFT_FILE"`, { shell: true, stdio: 'inherit', env: { ...process.env, NIGHTSHIFT_FILE: file } });
  if (error || status !== 0) throw new CommandError(`The editor ended with ${error?.message ?? `exit code ${status}`}; nothing was saved. Your text is in ${file}.`);
  const text = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  return text;
}

function query(locale: Locale | undefined, format: 'md' | 'html'): string {
  return new URLSearchParams({ format, ...(locale && { locale }) }).toString();
}
