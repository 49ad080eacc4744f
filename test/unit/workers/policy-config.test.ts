import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig } from '../../../workers/config';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'nightshift.yaml');

const load = (yaml: string) => {
  writeFileSync(file, yaml);
  return loadConfig({ config: file, dataDir: folder }, {});
};
const CLUSTER = 'clusters: [{ name: c, kubeconfig: k, mode: act }]\n';
const withRule = (rule: string) => `policy:\n  rules:\n    - ${rule}\n${CLUSTER}`;
const policyOf = (yaml: string) => load(yaml).clusters[0]?.cluster.policy;
const faultOf = (yaml: string): string => {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(file, 'nightshift.yaml');
    throw error;
  }
  return 'no fault';
};

describe('what is wrong in a rule is named with file, line, field and remedy', () => {
  test.each([
    ['a word that there is not', '{ name: x, then: maybe }', 'policy.rules[0].then: expected automatic, never, observe-only, or { approvers: 1 }'],
    ['nothing to do', '{ name: x }', 'policy.rules[0].then: expected automatic, never, observe-only, or { approvers: 1 }'],
    ['no name', '{ then: never }', 'policy.rules[0].name: expected string, received undefined'],
    ['a fault inside of who approves', '{ name: x, then: { approvers: 1, rolls: [admin] } }', 'policy.rules[0].then.rolls: there is no such option; see nightshift.example.yaml for those that are'],
    ['a role that decides nothing', '{ name: x, then: { approvers: 1, roles: [viewer] } }', 'policy.rules[0].then.roles[0]: expected one of "approver"|"admin"'],
    ['a risk that there is not', '{ name: x, when: { risk: [harmless] }, then: never }', 'policy.rules[0].when.risk[0]: expected one of "safe"|"disruptive"|"destructive"'],
    ['a time zone that there is not', '{ name: x, when: { window: { from: "09:00", to: "18:00", timeZone: Asia/Soul } }, then: never }', 'policy.rules[0].when.window[0].timeZone: expected an IANA time zone such as Asia/Seoul or UTC'],
    ['an offset for a time zone', '{ name: x, when: { window: { from: "09:00", to: "18:00", timeZone: "+09:00" } }, then: never }', 'policy.rules[0].when.window[0].timeZone: expected an IANA time zone such as Asia/Seoul or UTC'],
    ['an hour that there is not', '{ name: x, when: { window: { from: "24:00", to: "06:00", timeZone: UTC } }, then: never }', 'policy.rules[0].when.window[0].from: expected a time of day such as "09:00", in quotes'],
    ['a day that there is not', '{ name: x, when: { freeze: { from: 2026-02-30, until: 2026-03-01, timeZone: UTC } }, then: never }', 'policy.rules[0].when.freeze[0].from: expected a date such as 2026-12-20, or a time such as 2026-12-20T18:00'],
    ['a freeze that ends before it begins', '{ name: x, when: { freeze: { from: 2026-03-02, until: 2026-03-01, timeZone: UTC } }, then: never }', 'policy.rules[0].when.freeze[0].until: it is before `from`: exchange them'],
    ['a deputy of nobody', '{ name: x, then: { approvers: 1, people: [kim], deputies: { lee: [park] } } }', 'policy.rules[0].then.deputies.lee: lee is not one of the people; name them there, too'],
    ['automatic without a deadline', '{ name: x, when: { risk: safe }, then: { approvers: 1, otherwise: automatic } }', 'policy.rules[0].then.otherwise: say with `within` how long people have, such as within: 30m'],
    ['automatic for more than what is safe', '{ name: x, then: { approvers: 1, within: 5m, otherwise: automatic } }', 'policy.rules[0].then.otherwise: only what is safe may go ahead by itself: add risk: safe to `when`, or say hand-over'],
    ['glass where nothing is to be broken', '{ name: x, then: automatic, breakGlass: { roles: [admin] } }', 'policy.rules[0].breakGlass: there is glass to break only where `then` is never or names approvers'],
  ])('%s', (_, rule, fault) => {
    expect(faultOf(withRule(rule))).toBe(`nightshift.yaml:3: ${fault}`);
  });

  test('a name used twice, on its own line', () => {
    expect(faultOf(`policy:\n  rules:\n    - { name: x, then: never }\n    - { name: x, then: never }\n${CLUSTER}`)).toBe('nightshift.yaml:4: policy.rules[1].name: the name x is used twice; names must differ');
  });

  test('a fault in the short form', () => {
    expect(faultOf('clusters:\n  - name: c\n    policy:\n      safe: { approvers: 9 }\n')).toBe('nightshift.yaml:4: clusters[0].policy.safe.approvers: Too big: expected number to be <=5');
  });
});

test('everybody’s rules come first, then the cluster’s own, then the table', () => {
  const policy = policyOf('policy: { rules: [{ name: all, then: never }] }\nclusters: [{ name: c, kubeconfig: k, mode: act, policy: { disruptive: never, rules: [{ name: own, then: automatic }] } }]\n');
  expect(policy).toMatchObject({ rules: [{ name: 'all' }, { name: 'own' }], safe: { kind: 'automatic' }, disruptive: { kind: 'never' }, destructive: { approvers: 2 } });
});

test('a cluster that is only observed has no rules', () => {
  expect(policyOf('policy: { rules: [{ name: all, then: automatic }] }\nclusters: [{ name: c, kubeconfig: k }]\n')).not.toHaveProperty('rules');
});

test('one may be said without a list; people alone shut out everybody else; glass is the admins’ unless said', () => {
  const rule = '{ name: x, when: { risk: safe, freeze: { from: 2026-12-20, until: 2027-01-04, timeZone: Asia/Seoul } }, then: { approvers: 1, people: [kim], within: 15m, otherwise: automatic }, breakGlass: {} }';
  expect(policyOf(withRule(rule))?.rules).toEqual([
    {
      name: 'x',
      when: { risk: ['safe'], freeze: [{ from: '2026-12-20', until: '2027-01-04', timeZone: 'Asia/Seoul' }] },
      then: { kind: 'approval', approvers: 1, roles: [], people: ['kim'], deadlineMs: 900_000, atDeadline: 'automatic', breakGlass: { approvers: 1, roles: ['admin'] } },
    },
  ]);
});
