import { z } from 'zod';
import { secret } from './secret-schema';

const relative = z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).*$/, 'expected a path inside the repository, without a leading slash and without ..').transform((text) => text.replace(/^\.\/|\/$/g, '').replace(/^\.$/, ''));

/** What can be reached without a shell and without running a program that the address names. */
const repository = z.string().regex(/^(?:https?:\/\/|ssh:\/\/|file:\/\/|[\w.-]+@[\w.-]+:)[^\s]+$/, 'expected an address such as https://github.com/acme/gitops.git, git@github.com:acme/gitops.git or file:///srv/gitops.git')
  .refine((text) => !/^https?:\/\/[^/]*@/.test(text), 'expected no user or token in the address: they belong into token');

const helm = z.strictObject({
  object: z.string().regex(/^[A-Z][A-Za-z]*\/[a-z0-9.-]+$/, 'expected Kind/name, such as StatefulSet/thanos-receive'),
  values: relative,
  paths: z.record(z.string().regex(/^\//, 'expected the path of a field, such as /spec/replicas'), z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'expected the path of a value, such as receive.replicaCount')),
});

const github = z.strictObject({
  apiUrl: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).default('https://api.github.com'),
  /** `owner/name`; from the repository's address where it is left out. */
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name').optional(),
  labels: z.array(z.string().min(1).max(50)).default([]),
  reviewers: z.array(z.string().regex(/^[\w-]+$/, 'expected a login')).default([]),
});

/** The GitOps repository of one cluster. */
export const git = z
  .strictObject({
    repository,
    branch: z.string().regex(/^[\w./-]+$/, 'expected the name of a branch').default('main'),
    directory: relative.default(''),
    provider: z.enum(['github', 'none']).default('none'),
    token: secret.optional(),
    username: z.string().default('x-access-token'),
    author: z.strictObject({ name: z.string().min(1), email: z.string().min(3) }).default({ name: 'Nightshift', email: 'nightshift@localhost' }),
    github: github.prefault({}),
    helm: z.array(helm).default([]),
  })
  .refine(({ provider, token }) => provider === 'none' || token !== undefined, { path: ['token'], error: 'pull requests need a token: { file: <path> } or { env: <variable> }' });

export type GitFile = z.output<typeof git>;
